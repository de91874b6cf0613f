//! The Python module `liqbon_native`. Knows Python's objects and its lock; no arithmetic.

#![forbid(unsafe_code)]

/// Checks batches of Ed25519 signatures under ZIP-215, and keeps the state's trie of hashes.
#[pyo3::pymodule]
mod liqbon_native {
    use std::cell::RefCell;

    use liqbon_trie::Collector;
    use liqbon_zip215::{Check, Signers};
    use pyo3::prelude::*;
    use pyo3::pybacked::PyBackedBytes;
    use pyo3::types::PyBytes;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    thread_local! {
        /// Of each thread that checks signatures, so that none waits for another.
        static SIGNERS: RefCell<Signers> = RefCell::default();
    }

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
            SIGNERS.with_borrow_mut(|signers| signers.verify_many(&checks))
        })
    }

    /// Changes of the state, hashed and in the order of their places.
    #[pyclass(frozen)]
    struct Changes(liqbon_trie::Changes);

    #[pymethods]
    impl Changes {
        fn __len__(&self) -> usize {
            self.0.len()
        }

        /// Whether a key was named more than once.
        #[getter]
        fn repeats(&self) -> bool {
            self.0.repeats()
        }
    }

    /// The trie of hashes over the state's entries: a value, which never changes.
    ///
    /// As `primitives.statetree.Trie` says. Python's lock is held: what is asked of it at a time
    /// takes a millisecond, and letting go would hand the turn to other threads.
    #[pyclass(frozen)]
    struct Trie(liqbon_trie::Trie);

    #[pymethods]
    impl Trie {
        #[new]
        fn new() -> Self {
            Self(liqbon_trie::Trie::default())
        }

        /// 32 bytes.
        #[getter]
        fn root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            PyBytes::new(py, &self.0.root())
        }

        /// How many entries stand.
        #[getter]
        fn count(&self) -> usize {
            self.0.count()
        }

        /// Keys and their new values, None to remove one, made ready for `updated`.
        #[staticmethod]
        fn changes(items: &Bound<'_, PyAny>) -> PyResult<Changes> {
            let mut collector = Collector::default();
            for item in items.try_iter()? {
                let (key, value): (Bound<'_, PyBytes>, Option<Bound<'_, PyBytes>>) =
                    item?.extract()?;
                collector.add(key.as_bytes(), value.as_ref().map(|bytes| bytes.as_bytes()));
            }
            Ok(Changes(collector.sorted()))
        }

        /// The trie with the changes from `low` up to `high` made.
        fn updated(&self, changes: &Changes, low: usize, high: usize) -> Self {
            Self(self.0.updated(&changes.0, low..high))
        }

        /// The hashes beside the way of a key, from the root downwards, and the key hash and value
        /// hash at its end; b"" where nothing stands.
        fn path<'py>(
            &self,
            py: Python<'py>,
            key: &[u8],
        ) -> (Vec<Bound<'py, PyBytes>>, Bound<'py, PyBytes>) {
            let path = self.0.path(key);
            let siblings = path.siblings.iter().map(|hash| PyBytes::new(py, hash)).collect();
            let end = path.end.map_or_else(Vec::new, |entry| [entry.key, entry.value].concat());
            (siblings, PyBytes::new(py, &end))
        }
    }
}
