//! What runs by hand-written texts on a GPU, through the public API: the same expressions on the CPU and on the first GPU,
//! there several times with the same bits, since the second time a step is captured and the third it is replayed.

use formwork::{Device, Element, Num, Pool2dOptions, Result, Shape, Tensor, U1, U5, U17, bf16, f16, grad, runtime_dim};

runtime_dim!(N);
runtime_dim!(M);
runtime_dim!(K);
runtime_dim!(L);

/// An expression; the elements of its result.
struct Row {
    name: String,
    /// As a share of `1 + |y|`.
    tolerance: f64,
    work: Box<dyn Fn(&Device) -> Result<Vec<f64>>>,
}

/// How often a row runs on the GPU.
const RUNS: usize = 4;

/// Compares all rows with `name` in their names; what is wrong, and how many there were.
pub fn test(name: &str) -> (Vec<String>, usize) {
    let gpu = match Device::cuda(0) {
        Ok(gpu) => gpu,
        Err(e) => {
            println!("gpu primitives are skipped: {e}");
            return (vec![], 0);
        }
    };
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.name.contains(name)).collect();
    let wrong = rows.iter().filter_map(|row| row.check(&gpu).err().map(|e| format!("{}: {e}", row.name)));
    (wrong.collect(), rows.len())
}

impl Row {
    fn check(&self, gpu: &Device) -> std::result::Result<(), String> {
        let wanted = (self.work)(&Device::Cpu);
        let found: Vec<_> = (0..RUNS).map(|_| (self.work)(gpu)).collect();
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(wanted) => {
                let wanted = wanted.to_string();
                let other = found.iter().find(|f| f.as_ref().err().map(|e| e.to_string()).as_ref() != Some(&wanted));
                return other.map_or(Ok(()), |other| Err(format!("{wanted} on the CPU, {other:?}")));
            }
        };
        let bits = |y: &[f64]| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        let mut first: Option<Vec<f64>> = None;
        for (i, found) in found.into_iter().enumerate() {
            let found = found.map_err(|e| e.to_string())?;
            if found.len() != wanted.len() {
                return Err(format!("{} elements, {} on the CPU", found.len(), wanted.len()));
            }
            for (at, (y, w)) in found.iter().zip(&wanted).enumerate() {
                let near = y == w || (y.is_nan() && w.is_nan()) || (y - w).abs() <= self.tolerance * (1.0 + w.abs());
                if !near {
                    return Err(format!("element {at} of run {i}: {y}, {w} on the CPU"));
                }
            }
            let first = first.get_or_insert_with(|| found.clone());
            if bits(first) != bits(&found) {
                return Err(format!("run {i} has other bits than the first"));
            }
        }
        Ok(())
    }
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919) % 1009) as f32 * 0.013 - 6.5).collect()
}

/// Numbers of a shape, many of them equal.
fn x<S: Shape, E: Element>(sizes: &[usize], device: &Device) -> Result<Tensor<S, E>> {
    Ok(Tensor::<S, f32>::from_sizes(numbers(sizes.iter().product()), sizes, &Device::Cpu)?.cast::<E>().to(device))
}

/// Indices below `end`, most of them few.
fn index<S: Shape>(sizes: &[usize], end: usize, device: &Device) -> Result<Tensor<S, i64>> {
    let of = |i: usize| (if i.is_multiple_of(3) { i % 5 } else { i * 31 % 1017 }) % end;
    let data: Vec<i64> = (0..sizes.iter().product()).map(|i| of(i) as i64).collect();
    Tensor::from_sizes(data, sizes, device)
}

fn vec<S: Shape, E: Element>(y: &Tensor<S, E>) -> Result<Vec<f64>> {
    y.to(&Device::Cpu).cast::<f64>().to_vec()
}

fn rows() -> Vec<Row> {
    let mut rows = vec![];
    scatters::<f32>(&mut rows, 1e-5);
    scatters::<f64>(&mut rows, 1e-12);
    scatters::<f16>(&mut rows, 2e-3);
    scatters::<bf16>(&mut rows, 2e-2);
    added::<i64>(&mut rows, 0.0);
    added::<i32>(&mut rows, 0.0);
    added::<u8>(&mut rows, 0.0);
    scans::<f32>(&mut rows, 1e-6);
    scans::<f64>(&mut rows, 1e-12);
    scans::<bf16>(&mut rows, 1e-2);
    scans::<i64>(&mut rows, 0.0);
    sorts::<f32>(&mut rows);
    sorts::<f64>(&mut rows);
    sorts::<f16>(&mut rows);
    sorts::<i32>(&mut rows);
    sorts::<u8>(&mut rows);
    gradients(&mut rows);
    pools(&mut rows);
    rows
}

fn push(rows: &mut Vec<Row>, name: String, tolerance: f64, work: impl Fn(&Device) -> Result<Vec<f64>> + 'static) {
    rows.push(Row { name: format!("gpu/{name}"), tolerance, work: Box::new(work) });
}

/// `scatter_add` along both axes, of one element a row too.
fn added<E: Num>(rows: &mut Vec<Row>, tolerance: f64) {
    for [n, m, k] in [[300, 40, 70], [4000, 10, 1], [3, 5000, 9000], [1, 3, 100_000], [64, 64, 0]] {
        push(rows, format!("scatter_add/1/{}/{n}x{m}x{k}", E::DTYPE.name()), tolerance, move |device| {
            let into = x::<(N, M), E>(&[n, m], device)?;
            vec(&into.scatter_add::<1, (N, K)>(&index(&[n, k], m, device)?, &x(&[n, k], device)?))
        });
        push(rows, format!("scatter_add/0/{}/{n}x{m}x{k}", E::DTYPE.name()), tolerance, move |device| {
            let into = x::<(M, N), E>(&[m, n], device)?;
            vec(&into.scatter_add::<0, (K, N)>(&index(&[k, n], m, device)?, &x(&[k, n], device)?))
        });
    }
    push(rows, format!("scatter_add/outside/{}", E::DTYPE.name()), tolerance, move |device| {
        let into = x::<(N,), E>(&[100], device)?;
        vec(&into.scatter_add::<0, (K,)>(&index(&[900], 120, device)?, &x(&[900], device)?))
    });
}

/// Gradients of an embedding.
fn scatters<E: formwork::Float>(rows: &mut Vec<Row>, tolerance: f64) {
    added::<E>(rows, tolerance);
    for [n, v, d] in [[32_768, 5000, 64], [1000, 7, 768], [40, 50_257, 16], [5000, 3, 1]] {
        // A row of the table is a sum over many tokens, which may cancel.
        let tolerance = tolerance * (n as f64 / v as f64).max(1.0).sqrt();
        push(rows, format!("embedding/{}/{n}x{v}x{d}", E::DTYPE.name()), tolerance, move |device| {
            let (table, g) = (x::<(M, K), E>(&[v, d], device)?, x::<(N, K), E>(&[n, d], device)?);
            let tokens = index::<(N,)>(&[n], v, device)?;
            vec(&grad(&(tokens.embedding(&table) * &g).sum(), &table))
        });
    }
}

fn scans<E: Num>(rows: &mut Vec<Row>, tolerance: f64) {
    for [n, m] in [[3, 700], [700, 3], [1, 100_000], [100_000, 1], [20_000, 5], [40, 40], [5, 0], [300, 3000]] {
        let name = |op: &str| format!("{op}/{}/{n}x{m}", E::DTYPE.name());
        let input = move |device: &Device| x::<(N, M), E>(&[n, m], device);
        push(rows, name("cumsum/0"), tolerance, move |device| vec(&input(device)?.cumsum::<0>()));
        push(rows, name("cumsum/1"), tolerance, move |device| vec(&input(device)?.cumsum::<1>()));
        push(rows, name("cummax/0"), tolerance, move |device| vec(&input(device)?.cummax::<0>().0));
        push(rows, name("cummin/1"), tolerance, move |device| vec(&input(device)?.cummin::<1>().1));
        push(rows, name("cumsum/transposed"), tolerance, move |device| {
            vec(&input(device)?.transpose::<0, 1>().cumsum::<1>())
        });
    }
}

fn sorts<E: Num>(rows: &mut Vec<Row>) {
    for [n, m] in [[3, 700], [700, 17], [1, 100_000], [20_000, 1], [2000, 33], [5000, 17], [2, 4096], [2, 4097]] {
        let name = |op: &str| format!("{op}/{}/{n}x{m}", E::DTYPE.name());
        let input = move |device: &Device| x::<(N, M), E>(&[n, m], device);
        push(rows, name("argsort/0"), 0.0, move |device| vec(&input(device)?.argsort::<0>()));
        push(rows, name("argsort/1"), 0.0, move |device| vec(&input(device)?.argsort::<1>()));
        push(rows, name("argsort_descending/1"), 0.0, move |device| vec(&input(device)?.argsort_descending::<1>()));
        push(rows, name("sort/1"), 0.0, move |device| vec(&input(device)?.sort::<1>().0));
        push(rows, name("median/1"), 0.0, move |device| vec(&input(device)?.median_axis::<1>().1));
        if m >= 17 {
            push(rows, name("topk/1"), 0.0, move |device| vec(&input(device)?.topk::<1, U5>().1));
            push(rows, name("topk_smallest/1"), 0.0, move |device| vec(&input(device)?.topk_smallest::<1, U17>().1));
        }
    }
}

fn gradients(rows: &mut Vec<Row>) {
    for [n, m, k] in [[300, 40, 70], [5000, 100, 1], [3, 5000, 9000]] {
        push(rows, format!("gather/gradient/{n}x{m}x{k}"), 1e-5, move |device| {
            let (x, g) = (x::<(N, M), f32>(&[n, m], device)?, self::x::<(N, K), f32>(&[n, k], device)?);
            vec(&grad(&(x.gather::<1, _>(&index::<(N, K)>(&[n, k], m, device)?) * &g).sum(), &x))
        });
        push(rows, format!("index_select/gradient/{n}x{m}x{k}"), 1e-5, move |device| {
            let (x, g) = (x::<(N, M), f32>(&[n, m], device)?, self::x::<(K, M), f32>(&[k, m], device)?);
            vec(&grad(&(x.index_select::<0, _>(&index::<(K,)>(&[k], n, device)?) * &g).sum(), &x))
        });
        push(rows, format!("cumsum/gradient/{n}x{m}"), 1e-5, move |device| {
            let x = x::<(N, M), f32>(&[n, m], device)?;
            let y = x.cumsum::<1>() * 0.01f32;
            vec(&grad(&(&y * &y).sum(), &x))
        });
        push(rows, format!("cumprod/gradient/{n}x{m}"), 1e-4, move |device| {
            let x = x::<(N, M), f32>(&[n, m], device)? * 0.001f32 + 1.0f32;
            vec(&grad(&x.cumprod::<0>().sum(), &x))
        });
        push(rows, format!("logcumsumexp/{n}x{m}"), 1e-6, move |device| {
            vec(&x::<(N, M), f32>(&[n, m], device)?.logcumsumexp::<1>())
        });
        push(rows, format!("sort/gradient/{n}x{m}"), 1e-6, move |device| {
            let x = x::<(N, M), f32>(&[n, m], device)?;
            let y = x.sort::<1>().0.cumsum::<1>();
            vec(&grad(&(y * 0.01f32).sum(), &x))
        });
    }
}

/// Gradients of windows that overlap, and of those that do not.
fn pools(rows: &mut Vec<Row>) {
    for [n, size, kernel, stride, padding, dilation] in
        [[3, 17, 3, 2, 1, 1], [2, 20, 5, 1, 2, 1], [40, 32, 2, 2, 0, 1], [2, 31, 3, 1, 1, 2], [64, 56, 3, 2, 1, 1]]
    {
        let out = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        let mut options = Pool2dOptions::square(kernel);
        (options.stride, options.padding, options.dilation) = ([stride; 2], [padding; 2], [dilation; 2]);
        let (sizes, outs) = ([n, 1, size, size], [n, 1, out, out]);
        let name = |op: &str| format!("{op}/gradient/{n}x{size}/{kernel}/{stride}/{padding}/{dilation}");
        push(rows, name("max_pool2d"), 1e-5, move |device| {
            let (x, g) = (x::<(N, U1, M, M), f32>(&sizes, device)?, self::x::<(N, U1, L, L), f32>(&outs, device)?);
            vec(&grad(&(x.max_pool2d_as::<(N, U1, L, L)>(options) * &g).sum(), &x))
        });
        if dilation == 1 {
            push(rows, name("avg_pool2d"), 1e-5, move |device| {
                let (x, g) = (x::<(N, U1, M, M), f32>(&sizes, device)?, self::x::<(N, U1, L, L), f32>(&outs, device)?);
                vec(&grad(&(x.avg_pool2d_as::<(N, U1, L, L)>(options) * &g).sum(), &x))
            });
        }
    }
}

#[test]
fn every_expression_has_a_value_on_the_cpu() {
    for row in rows() {
        let found = (row.work)(&Device::Cpu);
        assert_eq!(found.is_err(), row.name.contains("outside"), "{}: {found:?}", row.name);
    }
}
