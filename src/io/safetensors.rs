//! Named tensors in one file, in the format that PyTorch users share weights in:
//! <https://github.com/huggingface/safetensors#format>.
//!
//! A file is the length of its header (8 bytes, little-endian), the header (JSON: name, dtype,
//! sizes and place of each tensor), and the elements (little-endian, row-major, without gaps).

use super::header::{Json, parse, quote};
use super::replace::replace;
use formwork_runtime::dtype::{DType, Element, bf16, f16};
use formwork_runtime::{Error, Result};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The name under which a header holds metadata, which no tensor can have.
const METADATA: &str = "__metadata__";
/// Longer headers are refused, as in the reference implementation.
const MAX_HEADER: u64 = 100_000_000;

/// A named tensor of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name, `fc1.weight`.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its sizes; none for a scalar.
    pub dims: Vec<usize>,
    /// The elements, little-endian, row-major.
    pub data: Vec<u8>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// The tensors, in the order of the file.
    pub entries: Vec<Entry>,
    /// Names and values that stand beside them.
    pub metadata: BTreeMap<String, String>,
}

/// Calls a macro with the elements of more than one byte.
macro_rules! for_wide_elements {
    ($do:ident) => {
        $do!(f32 f64 f16 bf16 i64 i32);
    };
}

impl Entry {
    /// The entry `name` of sizes `dims` with the elements `values`, row-major.
    ///
    /// [`save`] refuses it if `values` does not fill `dims`.
    ///
    /// ```
    /// use formwork::io::safetensors::Entry;
    /// let entry = Entry::new("bias", &[2], vec![0.5f32, -0.5]);
    /// assert_eq!(entry.data.len(), 8);
    /// assert_eq!(entry.to_vec::<f32>()?, [0.5, -0.5]);
    /// # Ok::<(), formwork::Error>(())
    /// ```
    pub fn new<E: Element>(name: impl Into<String>, dims: &[usize], values: Vec<E>) -> Entry {
        Entry { name: name.into(), dtype: E::DTYPE, dims: dims.to_vec(), data: to_bytes(values) }
    }

    /// The elements, row-major.
    ///
    /// # Errors
    /// [`Error::DType`] if they are not of type `E`.
    pub fn to_vec<E: Element>(&self) -> Result<Vec<E>> {
        match from_bytes(&self.data) {
            Some(values) if E::DTYPE == self.dtype => Ok(values),
            _ => Err(Error::DType { op: "Entry::to_vec", expected: E::DTYPE, found: self.dtype }),
        }
    }
}

fn to_bytes<E: Element>(values: Vec<E>) -> Vec<u8> {
    let any = &values as &dyn Any;
    macro_rules! convert {
        ($($t:ty)*) => { $(
            if let Some(values) = any.downcast_ref::<Vec<$t>>() {
                return values.iter().flat_map(|v| v.to_le_bytes()).collect();
            }
        )* };
    }
    for_wide_elements!(convert);
    // u8 and bool: a byte each.
    match any.downcast_ref::<Vec<u8>>() {
        Some(bytes) => bytes.clone(),
        None => values.iter().map(|v| u8::from(v.to_f64() != 0.0)).collect(),
    }
}

/// `None` if the bytes are no whole number of elements.
fn from_bytes<E: Element>(bytes: &[u8]) -> Option<Vec<E>> {
    macro_rules! convert {
        ($($t:ty)*) => { $(
            if E::DTYPE == <$t>::DTYPE {
                let (chunks, []) = bytes.as_chunks() else { return None };
                let values: Vec<$t> = chunks.iter().map(|&chunk| <$t>::from_le_bytes(chunk)).collect();
                return (Box::new(values) as Box<dyn Any>).downcast().ok().map(|values| *values);
            }
        )* };
    }
    for_wide_elements!(convert);
    Some(bytes.iter().map(|&b| E::from_f64(f64::from(b))).collect())
}

/// Writes `entries` and `metadata` to `path`, all or nothing: a new file is written beside it and put
/// in its place when it is complete and on disk. After an error the file that was there is still there.
///
/// The bytes are those that the reference implementation writes for the same tensors.
///
/// # Errors
/// [`Error::Io`] if that fails; [`Error::Format`] if two entries have one name, one has the name
/// `__metadata__`, or one's data do not fill its sizes.
pub fn save(path: impl AsRef<Path>, entries: &[Entry], metadata: &BTreeMap<String, String>) -> Result<()> {
    let path = path.as_ref();
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by(|a, b| rank(b.dtype).cmp(&rank(a.dtype)).then_with(|| a.name.cmp(&b.name)));
    let header = write_header(&order, metadata).map_err(|reason| Error::Format { path: path.into(), reason })?;
    replace(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        order.iter().try_for_each(|entry| file.write_all(&entry.data))
    })
}

/// The reference implementation puts dtypes in this order, the last first, which aligns all elements.
fn rank(dtype: DType) -> u32 {
    match dtype {
        DType::Bool => 0,
        DType::U8 => 1,
        DType::F16 => 2,
        DType::BF16 => 3,
        DType::I32 => 4,
        DType::F32 => 5,
        DType::F64 => 6,
        DType::I64 => 7,
    }
}

fn write_header(order: &[&Entry], metadata: &BTreeMap<String, String>) -> Result<String, String> {
    let mut names: Vec<&str> = order.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("two tensors are named `{}`", pair[0]));
    }
    if names.binary_search(&METADATA).is_ok() {
        return Err(format!("no tensor can be named `{METADATA}`"));
    }
    let mut header = String::from("{");
    if !metadata.is_empty() {
        quote(METADATA, &mut header);
        for (i, (name, value)) in metadata.iter().enumerate() {
            header.push_str(if i == 0 { ":{" } else { "," });
            quote(name, &mut header);
            header.push(':');
            quote(value, &mut header);
        }
        header.push_str("},");
    }
    let mut start = 0;
    for entry in order {
        let Entry { name, dtype, dims, data } = entry;
        if byte_size(dims, *dtype) != Some(data.len()) {
            return Err(format!("`{name}` is {dtype} {dims:?} but holds {} bytes", data.len()));
        }
        let end = start + data.len();
        quote(name, &mut header);
        let dims: Vec<String> = dims.iter().map(usize::to_string).collect();
        write!(
            header,
            ":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}},",
            dtype.safetensors(),
            dims.join(",")
        )
        .expect("a String takes all text");
        start = end;
    }
    if header.ends_with(',') {
        header.pop();
    }
    header.push('}');
    // The elements start at a multiple of 8.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    Ok(header)
}

/// Bytes of a tensor, `None` if that is no `usize`.
fn byte_size(dims: &[usize], dtype: DType) -> Option<usize> {
    dims.iter().try_fold(dtype.size(), |n, &dim| n.checked_mul(dim))
}

/// Reads a file.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::Format`] if it is no safetensors file, is damaged or
/// cut short, or holds elements of a type that formwork has not.
pub fn load(path: impl AsRef<Path>) -> Result<Checkpoint> {
    let path = path.as_ref();
    let io = |e: std::io::Error| Error::Io { path: path.into(), action: "read", reason: e.to_string() };
    let format = |reason: String| Error::Format { path: path.into(), reason };
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut size = [0; 8];
    if length < 8 {
        return Err(format(format!(
            "no safetensors file: it has {length} bytes, the length of the header alone takes 8"
        )));
    }
    file.read_exact(&mut size).map_err(io)?;
    let size = u64::from_le_bytes(size);
    if size > MAX_HEADER || size > length - 8 {
        return Err(format(format!(
            "no safetensors file, or cut short: its header is said to have {size} bytes, the file has {length}"
        )));
    }
    let mut header = vec![0; size as usize];
    file.read_exact(&mut header).map_err(io)?;
    let (slots, metadata) = read_header(header).map_err(format)?;
    let end = slots.last().map_or(0, |slot| slot.end) as u64;
    let data = length - 8 - size;
    if end != data {
        let found = if end > data { "cut short" } else { "too long" };
        return Err(format(format!("{found}: its header announces {end} bytes of elements, {data} are there")));
    }
    let mut entries = Vec::with_capacity(slots.len());
    for Slot { name, dtype, dims, start, end } in slots {
        let mut data = vec![0; end - start];
        file.read_exact(&mut data).map_err(io)?;
        if dtype == DType::Bool && data.iter().any(|&b| b > 1) {
            return Err(format(format!("`{name}` is bool but holds other bytes than 0 and 1")));
        }
        entries.push(Entry { name, dtype, dims, data });
    }
    Ok(Checkpoint { entries, metadata })
}

/// What the header says of one tensor.
struct Slot {
    name: String,
    dtype: DType,
    dims: Vec<usize>,
    start: usize,
    end: usize,
}

/// The tensors in the order of their places, which follow each other from 0, and the metadata.
fn read_header(header: Vec<u8>) -> Result<(Vec<Slot>, BTreeMap<String, String>), String> {
    let header = String::from_utf8(header).map_err(|_| "no safetensors file: its header is no UTF-8")?;
    let Json::Object(members) = parse(&header)? else { return Err("its header is no JSON object".to_string()) };
    let (mut slots, mut metadata) = (Vec::new(), BTreeMap::new());
    for (name, value) in members {
        if name == METADATA {
            metadata = read_metadata(value).ok_or(format!("`{METADATA}` is no map from strings to strings"))?;
        } else {
            slots.push(read_slot(name, value)?);
        }
    }
    slots.sort_by_key(|slot| (slot.start, slot.end));
    let mut expected = 0;
    for slot in &slots {
        if slot.start != expected {
            return Err(format!(
                "`{}` starts at byte {}; the tensor before it ends at {expected}",
                slot.name, slot.start
            ));
        }
        expected = slot.end;
    }
    Ok((slots, metadata))
}

fn read_metadata(value: Json) -> Option<BTreeMap<String, String>> {
    let Json::Object(members) = value else { return None };
    let text = |(name, value)| if let Json::Text(value) = value { Some((name, value)) } else { None };
    members.into_iter().map(text).collect()
}

fn read_slot(name: String, value: Json) -> Result<Slot, String> {
    let Json::Object(members) = value else { return Err(format!("`{name}` is no JSON object")) };
    let (mut dtype, mut dims, mut offsets) = (None, None, None);
    for (member, value) in members {
        match (member.as_str(), value) {
            ("dtype", Json::Text(text)) => dtype = Some(text),
            ("shape", Json::List(list)) => dims = numbers(list),
            ("data_offsets", Json::List(list)) => offsets = numbers(list),
            (member, _) => return Err(format!("`{name}` has an unknown or malformed `{member}`")),
        }
    }
    let (Some(dtype), Some(dims), Some(&[start, end])) = (dtype, dims, offsets.as_deref()) else {
        return Err(format!("`{name}` does not say its `dtype`, `shape` and `data_offsets`"));
    };
    let Some(&dtype) = DType::ALL.iter().find(|d| d.safetensors() == dtype) else {
        let known: Vec<&str> = DType::ALL.iter().map(|d| d.safetensors()).collect();
        return Err(format!("`{name}` has elements of type {dtype}; known are {}", known.join(", ")));
    };
    if byte_size(&dims, dtype) != end.checked_sub(start) {
        return Err(format!("`{name}` is {dtype} {dims:?} but stands at bytes {start} to {end}"));
    }
    Ok(Slot { name, dtype, dims, start, end })
}

fn numbers(list: Vec<Json>) -> Option<Vec<usize>> {
    let number = |json| if let Json::Number(n) = json { usize::try_from(n).ok() } else { None };
    list.into_iter().map(number).collect()
}
