//! zip (wheel, jar, vsix, apk, nupkg) → its members, as the central directory names them.
//!
//! Authority: APPNOTE.TXT 6.3. The rawzip crate reads the directory as it goes, within a buffer: what a crate
//! that takes all of it into memory needs is a multiple of the file, which an attacker chooses. It checks
//! sizes and CRC as a member is read.

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipLocator};

use super::codec::Codec;
use super::origin::Origin;
use super::region::{Region, Spool};
use super::{Done, End, Input, Meter, Walker, bad, words};

/// An archive in a stream is taken into memory up to this size, else into an unlinked file.
const SMALL: u64 = 8 << 20;

fn broken(e: &rawzip::Error) -> End {
    let text: String = e.to_string();
    bad(format!("{text} (zip)"))
}

impl Walker<'_> {
    pub(super) fn zip(&mut self, input: Input<'_>) -> Done {
        let region = match input {
            Input::Region(region) => region,
            Input::Stream(mut stream, size, _) => {
                let spooled = match size {
                    Some(size) if size <= SMALL => {
                        let mut bytes = Vec::new();
                        stream.read_to_end(&mut bytes).map(|_| Region::memory(bytes))
                    }
                    _ => Spool::default().append(&mut stream),
                };
                spooled.map_err(|e| bad(words(&e, "zip")))?
            }
        };
        let archive = locate(&region)?;
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let mut entries = archive.entries(&mut buffer);
        let mut count = 0u64;
        while let Some(entry) = entries.next_entry().map_err(|e| broken(&e))? {
            count += 1;
            if entry.is_dir() {
                continue;
            }
            let name = entry.file_path().as_ref().to_vec();
            let member = Entry::new(&entry);
            self.named(name, |w| {
                let done = w.zip_member(&archive, &region, &member);
                w.tell(done)
            })?;
        }
        let said = archive.entries_hint();
        if count < said {
            return Err(bad(format!("its directory has {count} of {said} members (zip)")));
        }
        Ok(())
    }

    fn zip_member(&mut self, archive: &ZipArchive<Region>, region: &Region, member: &Entry) -> Done {
        if member.encrypted {
            return Err(bad("is encrypted (zip)"));
        }
        let entry = archive.get_entry(member.way).map_err(|e| broken(&e))?;
        let (start, end) = entry.compressed_data_range();
        let packed = end.checked_sub(start).and_then(|len| region.slice(start, len));
        let packed = packed.ok_or_else(|| bad("is cut short (zip)"))?;
        if member.method == CompressionMethod::STORE {
            if packed.len() != member.size {
                return Err(bad("is stored with another size than its own (zip)"));
            }
            return self.item(Input::Region(packed));
        }
        let from = Box::new(packed.reader());
        let codec = match member.method {
            CompressionMethod::DEFLATE => None,
            CompressionMethod::BZIP2 => Some(Codec::Bzip2),
            CompressionMethod::ZSTD => Some(Codec::Zstd),
            CompressionMethod::XZ => Some(Codec::Xz),
            other => {
                return Err(bad(format!(
                    "is compressed by {other:?}, which is not read (zip)"
                )));
            }
        };
        let decoder: Box<dyn std::io::Read>;
        let origin;
        if let Some(codec) = codec {
            let opened = codec.open(from, self.decoders);
            decoder = opened.map_err(|e| bad(words(&e, codec.word())))?;
            origin = Origin::Region(packed).decoded(codec, self.decoders);
        } else {
            decoder = Box::new(DeflateDecoder::new(from));
            origin = Origin::Inflated(packed);
        }
        let metered = Meter {
            from: entry.verifying_reader(decoder),
            budget: self.budget.clone(),
        };
        self.decoders += 1;
        let done = self.item(Input::Stream(Box::new(metered), Some(member.size), origin));
        self.decoders -= 1;
        done
    }
}

/// What is needed of a directory's entry once the buffer has moved on.
struct Entry {
    way: rawzip::ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    size: u64,
    encrypted: bool,
}

impl Entry {
    fn new(e: &ZipFileHeaderRecord<'_>) -> Entry {
        let flags = e.flags();
        Entry {
            way: e.wayfinder(),
            method: e.compression_method(),
            size: e.uncompressed_size_hint(),
            encrypted: flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked(),
        }
    }
}

/// The archive, by its last end record that is one; a comment may hold something that looks like one.
fn locate(region: &Region) -> Result<ZipArchive<Region>, End> {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let mut end = region.len();
    for _ in 0..16 {
        match ZipLocator::new().locate_in_reader(region.clone(), &mut buffer, end) {
            Ok(archive) => return Ok(archive),
            Err((_, e)) => match e.eocd_offset() {
                Some(wrong) if wrong < end => end = wrong,
                _ => return Err(broken(&e)),
            },
        }
    }
    Err(bad("has no directory (zip)"))
}
