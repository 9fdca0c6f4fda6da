//! Nothing: this package is the test in `tests`, apart from the library, so that an example is built without it.
