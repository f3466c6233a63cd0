//! The threads of a scan: each takes the next file and walks through it; members that are ready wait a moment
//! for a thread that is idle.
//!
//! Memory is bounded by what may be in it at the same time: a thread waits with a member until there is room,
//! and works for others meanwhile. So the largest binary alone, or some smaller ones together, are in memory;
//! and of those that UPX packed, one is unpacked at a time.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::analyse::{Known, Plan};
use super::output::Printer;
use super::resume::Done;
use crate::cli::frame::{complain, io_words, note, write_status};
use crate::cli::{FINDINGS, FINE, TROUBLE};
use crate::image::upx::may_be_packed;
use crate::input::Name;
use crate::input::members::{self, Member, Options, Visit};
use crate::report::scan::Record;
use crate::report::text::human;

/// What there is to do, and how.
#[derive(Debug)]
pub(super) struct Order {
    pub subjects: Vec<PathBuf>,
    /// Folders that could not be read.
    pub unread: Vec<(PathBuf, io::Error)>,
    pub jobs: usize,
    pub options: Options,
    pub done: Done,
    /// Are these all the files that were named, and nothing is told elsewhere?
    pub whole: bool,
    /// No progress.
    pub quiet: bool,
    /// Nothing on standard error: records tell what is wrong.
    pub silent: bool,
}

/// Bytes of members that may be in memory at the same time, for each thread; a larger one is alone there.
const ROOM: u64 = 48 << 20;

/// A member and whose it is.
struct Job {
    subject: usize,
    member: Member,
    room: u64,
}

#[derive(Default)]
struct State {
    next: usize,
    /// Threads that walk through a file, and may bring more jobs.
    walking: usize,
    waiting: VecDeque<Job>,
    in_memory: u64,
}

struct Crew<'a> {
    order: &'a Order,
    plan: &'a Plan,
    known: Known,
    state: Mutex<State>,
    changed: Condvar,
    printer: Mutex<Printer>,
    /// Held by who looks at a file that may unpack to several times its size.
    unpacking: Mutex<()>,
    /// The greatest exit status so far.
    status: AtomicU8,
    /// The output can't be written any more.
    broken: Mutex<Option<io::Error>>,
    stopped: AtomicBool,
    progress: Progress,
}

/// Does all of it; the exit status.
pub(super) fn run(order: Order, plan: &Plan, printer: Printer) -> u8 {
    let crew = Crew {
        plan,
        known: Known::default(),
        state: Mutex::default(),
        changed: Condvar::new(),
        printer: Mutex::new(printer),
        unpacking: Mutex::default(),
        status: AtomicU8::new(FINE),
        broken: Mutex::default(),
        stopped: AtomicBool::new(false),
        progress: Progress::new(&order),
        order: &order,
    };
    for (folder, e) in &order.unread {
        crew.trouble(&Name::file(folder), &io_words(e));
    }
    std::thread::scope(|scope| {
        for _ in 1..order.jobs {
            scope.spawn(|| crew.work());
        }
        crew.work();
    });
    crew.progress.bar.finish_and_clear();
    let status = crew.status.into_inner();
    let broken = crew.broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let written = match broken {
        Some(e) => Err(e),
        None => crew
            .printer
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .finish(),
    };
    let none = order.whole && status == FINE && crew.progress.binaries.load(Relaxed) == 0;
    if none && !order.silent && !order.quiet {
        note("gospect: no Go binary was found");
    }
    // As for the commands themselves: that nothing was looked at is no pass.
    let gate = plan.parts.iter().any(|p| matches!(*p, "check" | "vuln"));
    let status = if none && gate { TROUBLE } else { status };
    status.max(write_status(written))
}

impl Crew<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            let job = loop {
                if self.stopped.load(Relaxed) {
                    return;
                }
                if let Some(job) = state.waiting.pop_front() {
                    break Err(job);
                }
                if state.next < self.order.subjects.len() {
                    state.next += 1;
                    state.walking += 1;
                    break Ok(state.next - 1);
                }
                if state.walking == 0 {
                    return;
                }
                state = self.wait(state);
            };
            drop(state);
            match job {
                Err(job) => self.analyse(job),
                Ok(subject) => {
                    self.walk(subject);
                    self.lock().walking -= 1;
                    self.changed.notify_all();
                }
            }
        }
    }

    fn path(&self, subject: usize) -> &Path {
        self.order
            .subjects
            .get(subject)
            .map_or(Path::new(""), PathBuf::as_path)
    }

    fn walk(&self, subject: usize) {
        let path = self.path(subject);
        let mut walk = Walk {
            crew: self,
            subject,
            room: 0,
        };
        let done = if path.as_os_str() == "-" {
            crate::input::stdin(crate::input::fault::guard())
                .map(|bytes| members::walk_bytes(bytes.to_vec(), &mut walk, self.order.options))
        } else {
            members::walk(path, &mut walk, self.order.options)
        };
        walk.leave();
        if let Err(e) = done {
            self.trouble(&Name::file(path), &io_words(&e));
        }
        self.progress.file(path);
    }

    fn analyse(&self, job: Job) {
        let name = Name::member(self.path(job.subject), job.member.names);
        let bytes = job.member.bytes;
        let alone = may_be_packed(&bytes).then(|| self.unpacking.lock());
        let (sha256, outcome) = self.known.outcome(self.plan, &name, &bytes);
        if bytes.changed() {
            self.trouble(&name, "was changed while it was read");
        } else if outcome.is_told() {
            if outcome.findings {
                self.status.fetch_max(FINDINGS, Relaxed);
            }
            if let Some(what) = &outcome.error {
                self.complain(&name, what);
            }
            self.print(&Record {
                name: &name,
                size: Some(bytes.len() as u64),
                sha256: Some(&sha256),
                error: outcome.error.as_deref(),
                facts: outcome.facts.as_ref(),
            });
        }
        self.progress.binary(bytes.len() as u64, outcome.is_told());
        drop(bytes);
        drop(alone);
        self.leave(job.room);
    }

    fn trouble(&self, name: &Name, what: &str) {
        self.complain(name, what);
        self.print(&Record {
            name,
            size: None,
            sha256: None,
            error: Some(what),
            facts: None,
        });
    }

    fn complain(&self, name: &Name, what: &str) {
        if !self.order.silent {
            self.progress.bar.suspend(|| complain(name.shown(), &what));
        }
        self.status.fetch_max(TROUBLE, Relaxed);
    }

    fn print(&self, record: &Record<'_>) {
        let mut printer = self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopped.load(Relaxed) {
            return;
        }
        if let Err(e) = printer.record(record) {
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
            self.stopped.store(true, Relaxed);
            self.changed.notify_all();
        }
    }

    /// Waits until `size` bytes may come into memory; does what waits there meanwhile. What was taken of the
    /// room.
    fn enter(&self, size: Option<u64>) -> u64 {
        let all = ROOM.saturating_mul(self.order.jobs.max(2) as u64);
        // Of what nobody knows the size of, only one is in memory.
        let room = size.unwrap_or(all).min(all);
        let mut state = self.lock();
        while state.in_memory > 0 && state.in_memory + room > all {
            state = match state.waiting.pop_front() {
                Some(job) => {
                    drop(state);
                    self.analyse(job);
                    self.lock()
                }
                None => self.wait(state),
            };
        }
        state.in_memory += room;
        room
    }

    fn leave(&self, room: u64) {
        let mut state = self.lock();
        state.in_memory = state.in_memory.saturating_sub(room);
        drop(state);
        self.changed.notify_all();
    }
}

/// One file on its way.
struct Walk<'c, 'a> {
    crew: &'c Crew<'a>,
    subject: usize,
    /// Taken for the member that is being read.
    room: u64,
}

impl Walk<'_, '_> {
    fn leave(&mut self) {
        let room = std::mem::take(&mut self.room);
        if room > 0 {
            self.crew.leave(room);
        }
    }
}

impl Visit for Walk<'_, '_> {
    fn wants(&mut self, head: &[u8]) -> bool {
        crate::image::sniff(head).is_some()
    }

    fn known(&mut self, names: &[Vec<u8>]) -> bool {
        let path = self.crew.path(self.subject).as_os_str().as_encoded_bytes();
        self.crew.order.done.has(path, names)
    }

    fn room(&mut self, size: Option<u64>) {
        // A member that could not be read never came.
        self.leave();
        self.room = self.crew.enter(size);
    }

    fn member(&mut self, member: Member) -> ControlFlow<()> {
        let crew = self.crew;
        if crew.stopped.load(Relaxed) {
            return ControlFlow::Break(());
        }
        let job = Job {
            subject: self.subject,
            member,
            room: std::mem::take(&mut self.room),
        };
        let mut state = crew.lock();
        // Few wait, so that memory is not filled with what nobody has time for.
        if state.waiting.len() < 2 * (crew.order.jobs - 1) {
            state.waiting.push_back(job);
            drop(state);
            crew.changed.notify_all();
        } else {
            drop(state);
            crew.analyse(job);
        }
        ControlFlow::Continue(())
    }

    fn trouble(&mut self, names: &[Vec<u8>], what: String) -> ControlFlow<()> {
        self.leave();
        let name = Name::member(self.crew.path(self.subject), names.to_vec());
        self.crew.trouble(&name, &what);
        if self.crew.stopped.load(Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// Files, bytes, binaries and their rate on a terminal, after half a second.
#[derive(Debug)]
struct Progress {
    bar: indicatif::ProgressBar,
    start: Instant,
    shown: AtomicBool,
    files: AtomicU64,
    all: u64,
    bytes: AtomicU64,
    binaries: AtomicU64,
}

impl Progress {
    fn new(order: &Order) -> Progress {
        let bar = indicatif::ProgressBar::hidden();
        bar.set_length(order.subjects.len() as u64);
        let silent = order.quiet || order.silent || !io::stderr().is_terminal();
        Progress {
            bar,
            start: Instant::now(),
            shown: AtomicBool::new(silent),
            files: AtomicU64::new(0),
            all: order.subjects.len() as u64,
            bytes: AtomicU64::new(0),
            binaries: AtomicU64::new(0),
        }
    }

    fn file(&self, _: &Path) {
        self.files.fetch_add(1, Relaxed);
        self.show();
    }

    fn binary(&self, bytes: u64, told: bool) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.binaries.fetch_add(told.into(), Relaxed);
        self.show();
    }

    fn show(&self) {
        let seconds = self.start.elapsed().as_secs_f64();
        if seconds >= 0.5 && !self.shown.swap(true, Relaxed) {
            self.bar.set_style(
                indicatif::ProgressStyle::with_template("{spinner} {msg}")
                    .unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner()),
            );
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        let (bytes, binaries) = (self.bytes.load(Relaxed), self.binaries.load(Relaxed));
        self.bar.set_message(format!(
            "{} of {} files, {} read, {binaries} Go binaries, {:.1} a second",
            self.files.load(Relaxed),
            self.all,
            human(bytes),
            binaries as f64 / seconds.max(0.001)
        ));
        self.bar.tick();
    }
}
