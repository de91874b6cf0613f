//! The Python module `liqbon_native`. Knows Python's objects and its lock; no arithmetic.

#![forbid(unsafe_code)]

/// Checks batches of Ed25519 signatures under ZIP-215.
#[pyo3::pymodule]
mod liqbon_native {
    use liqbon_zip215::Check;
    use pyo3::prelude::*;
    use pyo3::pybacked::PyBackedBytes;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// One verdict an item, in order: whether each signature is valid under ZIP-215.
    ///
    /// An item is (public key, message, signature), all bytes. False, and no error, for a key or a
    /// signature of another length than 32 and 64. A pure function of the bytes, which gives the
    /// verdicts of a single check. Other threads run meanwhile.
    #[pyfunction]
    fn verify_many(
        py: Python<'_>,
        items: Vec<(PyBackedBytes, PyBackedBytes, PyBackedBytes)>,
    ) -> Vec<bool> {
        py.detach(|| {
            let checks: Vec<Check<'_>> = items
                .iter()
                .map(|(public_key, message, signature)| Check { public_key, message, signature })
                .collect();
            liqbon_zip215::verify_many(&checks)
        })
    }
}
