//! What the fuzz targets check, and what each input may take of memory and time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use gospect::disasm::{Style, Symbols, printer};

/// What an input may take of the heap: this, and so many times its size.
const MEMORY: (usize, usize) = (96 << 20, 16);
/// What it may take of the processors: this, and as much again for each MB. Code that counts its branches is several times as slow.
const TIME: Duration = Duration::from_secs(10);

/// The system's allocator, which counts what is in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator, unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What all threads took of the processors so far.
fn processors() -> Duration {
    // SAFETY: the place is valid for the call, and zeroes are a valid rusage.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Does `work` with an input, which may cost what its size allows and no more.
pub fn bounded(input: &[u8], work: impl FnOnce()) {
    let before = IN_USE.load(Relaxed);
    MOST.store(before, Relaxed);
    let start = processors();
    work();
    let kept = MOST.load(Relaxed).saturating_sub(before);
    let allowed = MEMORY.0 + MEMORY.1 * input.len();
    assert!(kept <= allowed, "{kept} bytes kept, {allowed} allowed for an input of {}", input.len());
    let took = processors() - start;
    let allowed = TIME + TIME.mul_f64(input.len() as f64 / 1e6);
    assert!(took <= allowed, "took {took:?}, {allowed:?} allowed for an input of {}", input.len());
}

/// `target!(|data| { ... })`: a target whose every input is held to its bounds.
#[macro_export]
macro_rules! target {
    (|$data:ident| $body:block) => {
        libfuzzer_sys::fuzz_target!(|$data: &[u8]| $crate::bounded($data, || $body));
    };
}

/// Every third address is the start of a symbol, and every second lies in one.
struct SomeSymbols;

impl Symbols for SomeSymbols {
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)> {
        (addr % 2 == 0).then_some((b"main.main", addr - addr % 3))
    }
}

/// Prints `code` instruction by instruction in both styles and syntaxes: the printers must get on, stay within the bytes
/// given, and say `?` exactly where they know nothing.
pub fn disasm(goarch: &str, code: &[u8]) {
    let printer = printer(goarch).expect("a printer");
    let mut out = Vec::new();
    for strict_go in [false, true] {
        let mut at = 0;
        while at < code.len() {
            out.clear();
            let pc = 0x1000_u64.wrapping_add(at as u64);
            let style = Style { strict_go, ..Style::default() };
            let decoded = printer.go(&code[at..], pc, &SomeSymbols, style, &mut out);
            assert!(decoded.len > 0 && decoded.len <= code.len() - at);
            assert!(!out.is_empty());
            assert_eq!(decoded.known, out != b"?");
            if decoded.known {
                printer.gnu(&code[at..], pc, style, &mut out);
            }
            assert!(std::str::from_utf8(&out).is_ok());
            at += decoded.len;
        }
    }
}
