//! Programs that mean something.
