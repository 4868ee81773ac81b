//! Hits on their way to the database, on disk: what is in the spool survives the process, and is written exactly once.
//!
//! A recorder (the counting of one process, named by a UUID) numbers its spans of time. The spool keeps them in order until the
//! database has them, in one file per recorder, `<uuid>.spool`: eight bytes of head, then frames of length, CRC-32 and JSON, each
//! with fsync. The database stores the number of the last span that it has (`control/hits.rs`), so the spool need not know whether
//! a COMMIT with a lost answer has happened. Another process that finds the file of a dead recorder (its lock is free) writes what
//! is left in it.
//!
//! The file is bounded. Beyond the bound the oldest spans are merged and lose their details; totals are always kept. Spans that may
//! have been sent are not merged with others: the database has such a batch completely or not at all.
//!
//! Without a directory everything is kept in memory, and so is what a full disk does not accept.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::traffic::batch::Batch;

/// The file's format, and its version.
const HEAD: &[u8; 8] = b"esclspl2";
/// The bytes before a frame's JSON: its length and its checksum, little endian.
const FRAME_HEAD: usize = 8;
/// How many bytes, before they are merged, are sent to the database at a time.
const SENT_BYTES: usize = 4 << 20;

/// The spool of one recorder.
#[derive(Debug)]
pub struct Spool {
    /// The recorder's UUID.
    pub recorder: String,
    file: Option<OnDisk>,
    frames: VecDeque<Frame>,
    limit_bytes: usize,
    /// The number of the next span.
    next: u64,
    /// The last span that may have been sent to the database.
    sent: u64,
    /// Hits whose detail was dropped here.
    folded: u64,
}

#[derive(Debug)]
struct OnDisk {
    path: PathBuf,
    file: File,
    /// How much of it holds complete frames.
    length: u64,
}

#[derive(Debug)]
struct Frame {
    first: u64,
    last: u64,
    bytes: usize,
    place: Storage,
}

#[derive(Debug)]
enum Storage {
    /// On disk: where its JSON begins in the file.
    Disk(u64),
    /// In memory: its JSON.
    Memory(Vec<u8>),
}

impl Spool {
    /// An empty spool for a new recorder; without a directory it is in memory.
    pub fn begin(directory: &Path, recorder: &str, limit_bytes: usize) -> Result<Spool> {
        let mut file = None;
        if !directory.as_os_str().is_empty() {
            let path = directory.join(format!("{recorder}.spool"));
            let failed = |e| Error::io(format!("making the spool {}", path.display()), e);
            std::fs::create_dir_all(directory).map_err(failed)?;
            file = Some(OnDisk::make(&path, &mut VecDeque::new()).map_err(failed)?);
        }
        Ok(Spool { recorder: recorder.to_owned(), file, frames: VecDeque::new(), limit_bytes, next: 1, sent: 0, folded: 0 })
    }

    /// The spools of dead recorders that no other process has taken over.
    pub fn left_behind(directory: &Path) -> Result<Vec<Spool>> {
        let listed = match std::fs::read_dir(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(|e| Error::io(format!("reading {}", directory.display()), e))?,
        };
        let mut spools = Vec::new();
        for path in
            listed.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "spool"))
        {
            match Spool::take_over(&path) {
                Ok(spool) => spools.extend(spool),
                Err(error) => tracing::warn!(path = %path.display(), %error, "a spool cannot be read"),
            }
        }
        Ok(spools)
    }

    /// The recorders of this directory that are alive: processes that serve.
    pub fn alive(directory: &Path) -> Result<Vec<String>> {
        let listed = std::fs::read_dir(directory).map_err(|e| Error::io(format!("reading {}", directory.display()), e))?;
        let paths = listed.filter_map(|entry| Some(entry.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e == "spool"));
        let is_locked = |path: &PathBuf| File::open(path).is_ok_and(|file| file.try_lock_shared().is_err());
        let name = |path: PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut alive: Vec<String> = paths.filter(is_locked).map(name).collect();
        alive.sort();
        Ok(alive)
    }

    /// `None` if its recorder is alive.
    fn take_over(path: &Path) -> std::io::Result<Option<Spool>> {
        let mut file = File::options().read(true).write(true).open(path)?;
        // The process that had the lock may have removed the file, or replaced it.
        if file.try_lock().is_err() || !is_at(&file, path) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if !bytes.starts_with(HEAD) {
            return Err(std::io::Error::new(ErrorKind::InvalidData, "it is no spool of this version"));
        }
        let (frames, length) = frames_in(&bytes);
        if length < bytes.len() as u64 {
            tracing::warn!(path = %path.display(), bytes = bytes.len() as u64 - length, "the end of a spool is not whole: it was being written");
        }
        let recorder = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let last = frames.back().map_or(0, |f| f.last);
        let file = Some(OnDisk { path: path.to_owned(), file, length });
        // All of it may have been sent: nothing is merged any more.
        Ok(Some(Spool { recorder, file, frames, limit_bytes: usize::MAX, next: last + 1, sent: last, folded: 0 }))
    }

    /// Whether the database has everything.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The bytes that wait to be written to the database.
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes).sum()
    }

    /// Adds a span. What the disk does not accept is kept in memory, and tried again with the next span; the error is for the log.
    pub fn keep(&mut self, mut span: Batch) -> Result<()> {
        (span.first, span.last) = (self.next, self.next);
        self.next += 1;
        let frame = Frame::of(&span)?;
        self.frames.push_back(frame);
        if self.bytes() > self.limit_bytes {
            self.shrink()?;
            return self.rewrite();
        }
        self.store()
    }

    /// The oldest spans that wait, as one batch. From now on they count as sent.
    pub fn oldest(&mut self) -> Result<Option<Batch>> {
        let mut batch: Option<Batch> = None;
        let mut bytes = 0;
        for at in 0..self.frames.len() {
            bytes += self.frames[at].bytes;
            if batch.is_some() && bytes > SENT_BYTES {
                break;
            }
            let span = self.read(at)?;
            match &mut batch {
                Some(batch) => batch.add(span),
                None => batch = Some(span),
            }
        }
        self.sent = self.sent.max(batch.as_ref().map_or(0, |b| b.last));
        Ok(batch)
    }

    /// The database has all spans up to this number.
    pub fn written(&mut self, number: u64) -> Result<()> {
        self.frames.retain(|frame| frame.last > number);
        if self.frames.is_empty() { self.rewrite() } else { Ok(()) }
    }

    /// Hits whose detail was dropped since the last call.
    pub fn folded(&mut self) -> u64 {
        std::mem::take(&mut self.folded)
    }

    /// The recorder has ended: an empty file is removed.
    pub fn end(self) -> Result<()> {
        match self.file {
            Some(OnDisk { path, .. }) if self.frames.is_empty() => {
                std::fs::remove_file(&path).map_err(|e| Error::io(format!("removing {}", path.display()), e))
            }
            _ => Ok(()),
        }
    }

    /// Merges the oldest half of the unsent spans and drops its details, until there is room; if the totals alone have none, hours
    /// are merged into days.
    fn shrink(&mut self) -> Result<()> {
        let first = self.frames.partition_point(|frame| frame.last <= self.sent);
        let half = self.limit_bytes / 2;
        let (mut bytes, mut end) = (0, first);
        while end < self.frames.len() && (bytes <= half || end < first + 2) {
            bytes += self.frames[end].bytes;
            end += 1;
        }
        if first == end {
            return Ok(());
        }
        let mut merged = Batch::default();
        for at in first..end {
            let mut span = self.read(at)?;
            let folded = span.folded;
            span.fold();
            self.folded += span.folded - folded;
            merged.add(span);
        }
        let mut frame = Frame::of(&merged)?;
        if frame.bytes > half {
            merged.coarsen();
            frame = Frame::of(&merged)?;
        }
        self.frames.drain(first..end);
        self.frames.insert(first, frame);
        Ok(())
    }

    fn read(&mut self, at: usize) -> Result<Batch> {
        let frame = &self.frames[at];
        let json = match (&frame.place, &self.file) {
            (Storage::Memory(json), _) => std::borrow::Cow::Borrowed(json),
            (Storage::Disk(at), Some(on_disk)) => {
                let failed = |e| Error::io(format!("reading the spool {}", on_disk.path.display()), e);
                std::borrow::Cow::Owned(on_disk.read(*at, frame.bytes - FRAME_HEAD).map_err(failed)?)
            }
            (Storage::Disk(_), None) => return Err(Error::refused("a span of hits is on no disk")),
        };
        let batch: Batch =
            serde_json::from_slice(&json).map_err(|e| Error::refused(format!("a span of hits cannot be read: {e}")))?;
        // The numbers in the frame's head are the right ones.
        Ok(Batch { first: frame.first, last: frame.last, ..batch })
    }

    /// Writes to disk what is only in memory.
    fn store(&mut self) -> Result<()> {
        let Some(on_disk) = &mut self.file else { return Ok(()) };
        let failed = |on_disk: &OnDisk, e| Error::io(format!("writing the spool {}", on_disk.path.display()), e);
        on_disk.append(self.frames.iter_mut()).map_err(|e| failed(on_disk, e))
    }

    /// Writes a new file with what waits.
    fn rewrite(&mut self) -> Result<()> {
        let Some(on_disk) = &self.file else { return Ok(()) };
        let path = on_disk.path.clone();
        let failed = |e| Error::io(format!("writing the spool {}", path.display()), e);
        if self.frames.is_empty() {
            // Frames that reappear after a crash are in the database, which knows their numbers.
            let on_disk = self.file.as_mut().filter(|on_disk| on_disk.length > HEAD.len() as u64);
            return on_disk.map_or(Ok(()), OnDisk::clear).map_err(failed);
        }
        for at in 0..self.frames.len() {
            if let (Storage::Disk(begin), Some(on_disk)) = (&self.frames[at].place, &self.file) {
                let json = on_disk.read(*begin, self.frames[at].bytes - FRAME_HEAD).map_err(failed)?;
                self.frames[at].place = Storage::Memory(json);
            }
        }
        self.file = Some(OnDisk::make(&path, &mut self.frames).map_err(failed)?);
        Ok(())
    }
}

impl Frame {
    fn of(batch: &Batch) -> Result<Frame> {
        let json = serde_json::to_vec(batch).map_err(|e| Error::refused(format!("a span of hits cannot be written: {e}")))?;
        Ok(Frame { first: batch.first, last: batch.last, bytes: json.len() + FRAME_HEAD, place: Storage::Memory(json) })
    }
}

impl OnDisk {
    /// Makes a file with these frames, atomically in the place of an older one.
    fn make(path: &Path, frames: &mut VecDeque<Frame>) -> std::io::Result<OnDisk> {
        let beside = path.with_extension("new");
        let made = (|| {
            let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&beside)?;
            file.lock()?;
            file.write_all(HEAD)?;
            let mut on_disk = OnDisk { path: path.to_owned(), file, length: HEAD.len() as u64 };
            let places = on_disk.append_only(frames.iter_mut())?;
            std::fs::rename(&beside, path)?;
            if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
                File::open(directory)?.sync_all()?;
            }
            frames.iter_mut().zip(places).for_each(|(frame, at)| frame.place = Storage::Disk(at));
            Ok(on_disk)
        })();
        if made.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        made
    }

    /// Appends the frames that are in memory; each is on disk when this returns.
    fn append<'f>(&mut self, frames: impl Iterator<Item = &'f mut Frame>) -> std::io::Result<()> {
        let mut new: Vec<&mut Frame> = frames.filter(|frame| matches!(frame.place, Storage::Memory(_))).collect();
        let places = self.append_only(new.iter_mut().map(|frame| &mut **frame));
        if places.is_err() {
            // An incomplete frame would hide those after it.
            let _ = self.file.set_len(self.length);
        }
        places.map(|places| new.iter_mut().zip(places).for_each(|(frame, at)| frame.place = Storage::Disk(at)))
    }

    /// Appends frames and returns where each begins.
    fn append_only<'f>(&mut self, frames: impl Iterator<Item = &'f mut Frame>) -> std::io::Result<Vec<u64>> {
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        for frame in frames {
            let Storage::Memory(json) = &frame.place else { continue };
            let length = u32::try_from(json.len()).map_err(|_| std::io::Error::from(ErrorKind::FileTooLarge))?;
            bytes.extend(length.to_le_bytes());
            bytes.extend(crc32fast::hash(json).to_le_bytes());
            places.push(self.length + bytes.len() as u64);
            bytes.extend(json);
        }
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.length += bytes.len() as u64;
        Ok(places)
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        use std::os::unix::fs::FileExt as _;
        let mut json = vec![0; length];
        self.file.read_exact_at(&mut json, at)?;
        Ok(json)
    }

    fn clear(&mut self) -> std::io::Result<()> {
        self.length = HEAD.len() as u64;
        self.file.set_len(self.length)
    }
}

/// The complete frames of a file, and where they end.
fn frames_in(bytes: &[u8]) -> (VecDeque<Frame>, u64) {
    let mut frames = VecDeque::new();
    let Some(mut rest) = bytes.strip_prefix(HEAD) else { return (frames, 0) };
    let word = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).unwrap_or(0);
    let mut at = HEAD.len();
    while let Some((head, behind)) = rest.split_at_checked(FRAME_HEAD) {
        let Some((json, behind)) = behind.split_at_checked(word(&head[..4]) as usize) else { break };
        let batch = if crc32fast::hash(json) == word(&head[4..]) { serde_json::from_slice::<Batch>(json).ok() } else { None };
        let Some(Batch { first, last, .. }) = batch else { break };
        frames.push_back(Frame { first, last, bytes: json.len() + FRAME_HEAD, place: Storage::Disk((at + FRAME_HEAD) as u64) });
        at += FRAME_HEAD + json.len();
        rest = behind;
    }
    (frames, at as u64)
}

/// Whether this file is the one at this path.
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(ours), Ok(named)) = (file.metadata(), std::fs::metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (named.dev(), named.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::batch::tests::batch;

    fn drained(spool: &mut Spool) -> (u64, u64) {
        let (mut hits, mut detailed) = (0, 0);
        while let Some(batch) = spool.oldest().unwrap() {
            hits += batch.hits();
            detailed += batch.details.values().map(|d| d.count.hits).sum::<u64>();
            spool.written(batch.last).unwrap();
        }
        (hits, detailed)
    }

    fn file(directory: &Path) -> PathBuf {
        directory.join("r.spool")
    }

    #[test]
    fn what_was_kept_is_found_by_the_next_process() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(directory.path(), "r", 1 << 20).unwrap();
        (1..=9).for_each(|n| spool.keep(batch(0, 0, 7, n)).unwrap());
        assert!(Spool::left_behind(directory.path()).unwrap().is_empty(), "its recorder lives");
        spool.written(2).unwrap();
        drop(spool);
        let mut left = Spool::left_behind(directory.path()).unwrap();
        assert_eq!(left.len(), 1);
        let all = left[0].oldest().unwrap().unwrap();
        assert_eq!(
            (left[0].recorder.as_str(), all.first, all.last, all.hits()),
            ("r", 1, 9, 45),
            "the database knows what it has"
        );
        left[0].written(4).unwrap();
        assert_eq!(drained(&mut left[0]), (35, 35));
        left.remove(0).end().unwrap();
        assert!(!file(directory.path()).exists());
    }

    #[test]
    fn a_torn_or_altered_file_is_read_up_to_there() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(directory.path(), "r", 1 << 20).unwrap();
        (1..=3).for_each(|n| spool.keep(batch(0, 0, 7, n)).unwrap());
        let ends: Vec<usize> = spool
            .frames
            .iter()
            .map(|f| match f.place {
                Storage::Disk(at) => usize::try_from(at).unwrap() + f.bytes - FRAME_HEAD,
                Storage::Memory(_) => panic!("it is on the disk"),
            })
            .collect();
        drop(spool);
        let whole = std::fs::read(file(directory.path())).unwrap();
        let found = |bytes: &[u8]| frames_in(bytes).0.len();
        for cut in 0..=whole.len() {
            assert_eq!(found(&whole[..cut]), ends.iter().filter(|end| **end <= cut).count(), "{cut}");
        }
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            let begin = ends.iter().filter(|end| **end <= at).count();
            assert_eq!(found(&altered), if at < HEAD.len() { 0 } else { begin }, "{at}");
        }
    }

    #[test]
    fn beyond_the_bound_the_oldest_lose_their_detail_and_no_hit() {
        for with_disk in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let place = if with_disk { directory.path() } else { Path::new("") };
            let mut spool = Spool::begin(place, "r", 20_000).unwrap();
            spool.keep(batch(0, 0, 7, 1000)).unwrap();
            let sent = spool.oldest().unwrap().unwrap();
            for n in 0..200 {
                spool.keep(batch(0, 3600 * (n / 50), n, 1)).unwrap();
                assert!(spool.bytes() <= 20_000, "{}", spool.bytes());
            }
            if with_disk {
                assert!(std::fs::metadata(file(directory.path())).unwrap().len() < 21_000);
            }
            // The answer to what was sent comes late.
            spool.written(sent.last).unwrap();
            let folded = spool.folded();
            let (hits, detailed) = drained(&mut spool);
            assert_eq!((hits, detailed + folded), (200, 200));
            assert!(folded > 100 && detailed > 10, "{folded} {detailed}");
        }
    }

    #[test]
    fn totals_that_have_no_room_become_those_of_days() {
        let mut spool = Spool::begin(Path::new(""), "r", 6_000).unwrap();
        (0..500).for_each(|n| spool.keep(batch(0, 3600 * n, n, 1)).unwrap());
        assert!(spool.frames.len() < 20);
        assert_eq!(drained(&mut spool).0, 500);
    }

    #[test]
    fn a_full_disk_keeps_what_comes_in_memory_until_there_is_room() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(directory.path(), "r", 1 << 20).unwrap();
        spool.keep(batch(0, 0, 7, 1)).unwrap();
        // ENOSPC, whatever is written (null(4), full(4)).
        let good =
            std::mem::replace(&mut spool.file.as_mut().unwrap().file, File::options().write(true).open("/dev/full").unwrap());
        assert!(spool.keep(batch(0, 0, 7, 2)).is_err());
        spool.file.as_mut().unwrap().file = good;
        spool.keep(batch(0, 0, 7, 4)).unwrap();
        drop(spool);
        let mut left = Spool::left_behind(directory.path()).unwrap();
        assert_eq!(drained(&mut left[0]), (7, 7));
    }
}
