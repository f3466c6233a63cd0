//! gospect for Python: the library's answers as JSON text, which `gospect/__init__.py` turns into dicts.
//!
//! Python waits without its lock while a binary is read.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use gospect::cli::api::{self, Failure};
use gospect::input::{Bytes, Name};
use pyo3::exceptions::{PyException, PyOSError, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(_native, Unreadable, PyException);

fn raised(failure: Failure) -> PyErr {
    match failure {
        Failure::Usage(what) => PyValueError::new_err(what),
        Failure::File(e) => Unreadable::new_err((e.what, e.structure, e.offset)),
    }
}

/// The JSON of a command about the file at `path`, or about `data` that is called so.
#[pyfunction]
fn one(
    py: Python<'_>,
    command: &str,
    flags: Vec<String>,
    path: PathBuf,
    data: Option<Vec<u8>>,
) -> PyResult<String> {
    py.detach(|| {
        let bytes: Bytes = match data {
            Some(data) => data.into(),
            None => gospect::open(&path).map_err(PyOSError::new_err)?,
        };
        let json = api::one(command, &flags, &Name::file(&path), &bytes).map_err(raised)?;
        String::from_utf8(json).map_err(|e| PyValueError::new_err(e.to_string()))
    })
}

/// The records of a scan, each as JSON text.
#[pyclass]
struct Lines(Mutex<Receiver<Vec<u8>>>);

#[pymethods]
impl Lines {
    #[new]
    fn new(py: Python<'_>, flags: Vec<String>, paths: Vec<PathBuf>) -> PyResult<Lines> {
        let paths: Vec<OsString> = paths.into_iter().map(PathBuf::into_os_string).collect();
        let lines = py.detach(|| api::scan(&flags, &paths)).map_err(raised)?;
        Ok(Lines(Mutex::new(lines)))
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<String>> {
        loop {
            let got = py.detach(|| {
                let lines = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                lines.recv_timeout(Duration::from_millis(200))
            });
            match got {
                Ok(line) => return Ok(Some(String::from_utf8_lossy(&line).into_owned())),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                // Ctrl-C is heard while nothing comes.
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            }
        }
    }
}

/// The program: its exit status.
#[pyfunction]
fn run(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| gospect::cli::run(args))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Unreadable", module.py().get_type::<Unreadable>())?;
    module.add_class::<Lines>()?;
    module.add_function(wrap_pyfunction!(one, module)?)?;
    module.add_function(wrap_pyfunction!(run, module)?)
}
