//! One Go program: the image, and everything that Go put into it, each read on first use and kept.
//!
//! This is the one model of a program: every analysis takes a [`Program`] and asks it, none reads a table of
//! Go's itself.

use std::sync::OnceLock;

use super::buildinfo::{self, BuildInfo};
use super::embeds::{self, Embed};
use super::functions::Functions;
use super::memory::{self, Memory};
use super::moduledata::ModuleData;
use super::packages::Packages;
use super::pclntab::Table;
use super::release::{self, Release};
use super::types::Types;
use super::version::Version;
use crate::error::{Error, Result};
use crate::image::{Image, upx};
use crate::input::Bytes;

/// What became of a packed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// The program is the one that it unpacks to.
    Open,
    /// It could not be unpacked, and why: the program is the packed one.
    Closed(Error),
}

/// A Go program, library or object in any container, stripped or not.
///
/// ```no_run
/// let file = gospect::open("/usr/bin/rclone".as_ref())?;
/// let program = gospect::Program::open(&file)?;
/// println!("{} functions", program.functions().len());
/// for package in program.functions().packages() {
///     println!("{package}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Program<'a> {
    file: &'a Bytes,
    image: Image<'a>,
    linear: Option<&'a [u8]>,
    packed: Option<Packed>,
    build: OnceLock<Option<(BuildInfo<'a>, bool)>>,
    table: OnceLock<Result<Table<'a>>>,
    module: OnceLock<Result<ModuleData>>,
    functions: OnceLock<Functions<'a>>,
    packages: OnceLock<Packages>,
    types: OnceLock<Types<'a>>,
    embeds: OnceLock<Vec<Embed<'a>>>,
}

impl<'a> Program<'a> {
    /// Opens a file of any format; of a fat Mach-O file its first slice.
    ///
    /// # Errors
    /// As [`Image::parse`]. A file that is no Go program opens all the same: it has no functions, and
    /// [`Program::pclntab`] says why.
    pub fn open(file: &'a Bytes) -> Result<Program<'a>> {
        Ok(Program::new(file, Image::parse(file)?))
    }

    /// As [`Program::open`]; of a fat Mach-O file the slice for `goarch` (a GOARCH word), if one is named.
    ///
    /// # Errors
    /// As [`Image::parse_arch`].
    pub fn open_arch(file: &'a Bytes, goarch: Option<&str>) -> Result<Program<'a>> {
        Ok(Program::new(file, Image::parse_arch(file, goarch)?))
    }

    /// As [`Program::open_arch`]; of a file that UPX packed, the program that it unpacks to, where it can be
    /// unpacked. The bytes of the file itself are then not those of the image: for what a program is, not for
    /// where its bytes are in the file.
    ///
    /// # Errors
    /// As [`Image::parse_arch`].
    pub fn open_unpacked(file: &'a Bytes, goarch: Option<&str>) -> Result<Program<'a>> {
        let image = Image::parse_arch(file, goarch)?;
        if !upx::is_packed(&image) {
            return Ok(Program::new(file, image));
        }
        let mut why = None;
        let make = || upx::unpack(image.data).map_err(|e| why = Some(e)).ok();
        let inner = match file.unpacked(make) {
            Some(unpacked) => Image::parse(unpacked),
            // Asked a second time, the reason is not there any more.
            None => Err(why
                .or_else(|| upx::unpack(image.data).err())
                .unwrap_or_else(|| Error::new("it is broken"))),
        };
        Ok(match inner {
            Ok(inner) => Program {
                packed: Some(Packed::Open),
                ..Program::new(file, inner)
            },
            Err(e) => Program {
                packed: Some(Packed::Closed(e)),
                ..Program::new(file, image)
            },
        })
    }

    /// Is the file packed by UPX, and was it unpacked? Known for what [`Program::open_unpacked`] opened.
    pub fn packed(&self) -> Option<&Packed> {
        self.packed.as_ref()
    }

    /// The program in an image that lies somewhere in `file`: a slice, or a member of an archive.
    pub fn new(file: &'a Bytes, image: Image<'a>) -> Program<'a> {
        let linear = memory::linear(&image).map(|l| file.keep(l));
        Program {
            file,
            image,
            linear,
            packed: None,
            build: OnceLock::new(),
            table: OnceLock::new(),
            module: OnceLock::new(),
            functions: OnceLock::new(),
            packages: OnceLock::new(),
            types: OnceLock::new(),
            embeds: OnceLock::new(),
        }
    }

    /// The file that was opened: the image, or what it is a part of.
    pub fn file(&self) -> &'a Bytes {
        self.file
    }

    /// Headers, sections, symbols.
    pub fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// The bytes by virtual address.
    pub fn memory(&self) -> Memory<'_, 'a> {
        Memory::new(&self.image, self.linear)
    }

    /// The build information, wherever in the file it is found.
    pub fn build_info(&self) -> Option<&BuildInfo<'a>> {
        self.build().map(|b| &b.0)
    }

    /// Is there build information that `go version` does not find: in a c-archive, in wasm, behind lost
    /// section headers?
    pub fn build_info_is_recovered(&self) -> bool {
        self.build().is_some_and(|b| b.1)
    }

    fn build(&self) -> Option<&(BuildInfo<'a>, bool)> {
        let read = || match buildinfo::read_image(&self.image) {
            Ok(b) => Some((b, false)),
            Err(_) => buildinfo::recover(&self.memory()).map(|b| (b, true)),
        };
        self.build.get_or_init(read).as_ref()
    }

    /// The Go version that built it, where the build information names one that can be understood.
    pub fn version(&self) -> Option<Version> {
        let info = self.build_info()?;
        Version::parse(std::str::from_utf8(info.go_version()).ok()?)
    }

    /// The release that built it, as far as its build information tells; the newest that is known where it
    /// doesn't.
    pub fn release(&self) -> &'static Release {
        release::of(self.version())
    }

    /// The releases whose layouts its types may have: those of its moduledata, first the one that the build
    /// information names.
    fn candidates(&self, module: &ModuleData) -> Vec<&'static Release> {
        let mut all: Vec<_> = module
            .layout
            .into_iter()
            .flat_map(release::with_moduledata)
            .collect();
        let named = self.release();
        all.sort_by_key(|r| r.minors != named.minors);
        all
    }

    /// The table of functions, files and lines.
    ///
    /// # Errors
    /// Where there is none: no Go program, or a packed one.
    pub fn pclntab(&self) -> Result<&Table<'a>> {
        let read = || Table::find(&self.memory());
        self.table.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The runtime's index of the program.
    ///
    /// # Errors
    /// Where there is no pclntab, or nothing points at it as the moduledata would.
    pub fn moduledata(&self) -> Result<&ModuleData> {
        let read = || ModuleData::find(&self.memory(), self.pclntab()?);
        self.module.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The functions of the pclntab, with their packages; empty without a pclntab.
    pub fn functions(&self) -> &Functions<'a> {
        self.functions.get_or_init(|| match self.pclntab() {
            Ok(table) => Functions::read(table, self.file),
            Err(_) => Functions::default(),
        })
    }

    /// The modules, and which package is of which.
    pub fn packages(&self) -> &Packages {
        self.packages.get_or_init(|| {
            let listed = Packages::new(self.build_info().map(|b| &b.info));
            listed.infer(
                self.functions().packages().iter().copied(),
                self.obfuscated().is_some(),
            )
        })
    }

    /// The type descriptors and itabs; empty, with a warning, where the moduledata does not say where they
    /// are.
    pub fn types(&self) -> &Types<'a> {
        self.types.get_or_init(|| match self.moduledata() {
            Ok(module) => Types::find(&self.memory(), module, &self.candidates(module)),
            Err(e) => Types {
                warnings: vec![e],
                ..Types::default()
            },
        })
    }

    /// The files of every `embed.FS`, sorted by table and place in it.
    pub fn embeds(&self) -> &[Embed<'a>] {
        self.embeds.get_or_init(|| embeds::files(&self.memory()))
    }

    /// Long strings and byte slices that variables hold: embedded files, or literals.
    ///
    /// # Errors
    /// Where the moduledata, which says where the variables are, can't be found.
    pub fn embedded_variables(&self) -> Result<Vec<Embed<'a>>> {
        let (table, module) = (self.pclntab()?, self.moduledata()?);
        let types = self.types();
        let described = match (types.types.first(), types.types.last()) {
            (Some(a), Some(b)) => a.addr..b.addr.saturating_add(b.descriptor_size),
            _ => 0..0,
        };
        let pclntab = table.addr()..table.addr().saturating_add(table.size());
        Ok(embeds::variables(
            &self.memory(),
            module,
            &[described, pclntab, self.functions().range()],
        ))
    }

    /// Is a function of one of these names linked in? `None` where the names can't be seen: no pclntab, or
    /// other names than Go's.
    pub fn has_function(&self, names: &[&str]) -> Option<bool> {
        let has = |name: &str| self.names_have(format!("\0{name}\0").as_bytes());
        // Every Go program has it.
        has("runtime.main")?.then(|| names.iter().any(|n| has(n) == Some(true)))
    }

    /// Has a package of this import path functions? `None` where the names can't be seen.
    pub fn has_package(&self, path: &str) -> Option<bool> {
        self.has_function(&[])?;
        Some(self.functions().packages().contains(&path))
    }

    /// Do the pclntab's function names hold these bytes?
    fn names_have(&self, needle: &[u8]) -> Option<bool> {
        let [names, _] = self.pclntab().ok()?.name_tables();
        Some(memchr::memmem::find(names, needle).is_some())
    }

    /// The program that has changed names on purpose (`garble`), and how that shows.
    pub fn obfuscated(&self) -> Option<Obfuscated> {
        // garble writes the literal version "unknown", empties the module information, changes the pclntab's
        // magic number and renames all packages but the runtime's.
        let unknown = self
            .build_info()
            .is_some_and(|b| b.go_version() == b"unknown" && b.info.is_empty());
        let table = self.pclntab().ok();
        let magic = table
            .map(|t| t.magic())
            .filter(|m| table.is_some_and(|t| *m != t.layout().magic()));
        let nameless = magic.is_some() && self.names_have(b"\0main.main\0") != Some(true);
        (unknown || nameless).then_some(Obfuscated { by: "garble", magic })
    }
}

/// How a program shows that its names were changed on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obfuscated {
    /// The tool.
    pub by: &'static str,
    /// The pclntab's magic number, where it is none of Go's.
    pub magic: Option<u32>,
}
