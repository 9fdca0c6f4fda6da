//! Names of operations that share a rule, for its messages.

/// For [`ExpandFrom`](crate::ExpandFrom).
#[allow(non_camel_case_types)]
pub enum expand {}
/// For [`ExpandFrom`](crate::ExpandFrom).
#[allow(non_camel_case_types)]
pub enum masked_fill {}
