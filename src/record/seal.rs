//! The file of a recording: blocks, each sealed with ChaCha20-Poly1305 under a key of the file, which is derived from the DBA's key and the file's
//! random number (HKDF, RFC 5869). A block's nonce is its number, so blocks can neither be reordered nor come from another file; its length is
//! sealed too, so that a changed length is not taken for the end of the file. The last block is marked: a file without it was cut off, by the end
//! of the process or deliberately, and can be read up to there.
//!
//! Whoever has the key can read and write recordings; a key that can only write would need asymmetric cryptography.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{hkdf, hmac};

use super::order::unreadable;
use crate::error::{Error, Result};

const MAGIC: &[u8; 16] = b"esclusa record 1";
const ID_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
/// Bytes of a block's sealed length.
const HEADER_BYTES: usize = 4 + TAG_BYTES;
const TAG_BYTES: usize = 16;
/// The longest block that we write.
const BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// The DBA's key.
#[derive(Clone)]
pub struct Key([u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Creates a key, in a new file that only its owner can read.
    pub fn create(path: &Path) -> Result<Key> {
        let failed = |e| Error::io(format!("writing {}", path.display()), e);
        let mut key = [0; KEY_BYTES];
        random(&mut key)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let text: String = key.iter().map(|b| format!("{b:02x}")).collect();
        writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Key(key))
    }

    /// Reads a key. A file that others can read is refused.
    pub fn read(path: &Path) -> Result<Key> {
        if path.as_os_str().is_empty() {
            return Err(Error::usage("no key given: neither record.key_file nor --key FILE is set"));
        }
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::NotFound => {
                Error::usage(format!("there is no key file {}: `esclusa record key FILE` makes one", path.display()))
            }
            _ => unreadable(path, e),
        };
        let mut file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            let message = format!("the key in {} can be read by others (mode {:o})", path.display(), mode & 0o777);
            return Err(Error::Refused { message, detail: None, hint: Some(format!("chmod 600 {}", path.display())) });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let digits = text.trim();
        let pair = |i: usize| digits.get(2 * i..2 * i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..KEY_BYTES).map(pair).collect();
        match bytes.and_then(|bytes| bytes.try_into().ok()).filter(|_| digits.len() == 2 * KEY_BYTES) {
            Some(key) => Ok(Key(key)),
            None => Err(Error::usage(format!("{} does not contain a key: `esclusa record key FILE` makes one", path.display()))),
        }
    }

    /// Derives the key of one use; `salt` separates it from others.
    fn derived<L: hkdf::KeyType, K: for<'k> From<hkdf::Okm<'k, L>>>(&self, salt: &[u8], info: &[u8], kind: L) -> Result<K> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&self.0);
        extracted.expand(&[info], kind).map(K::from).map_err(|_| Error::refused("the key cannot be derived"))
    }

    /// The key of pseudonyms: the same for all files, so that a value has the same pseudonym in all of them.
    pub(super) fn of_pseudonyms(&self) -> Result<hmac::Key> {
        self.derived(&[], b"pseudonyms", hmac::HMAC_SHA256)
    }

    fn of_file(&self, id: &[u8; ID_BYTES]) -> Result<LessSafeKey> {
        self.derived(id, b"blocks", &CHACHA20_POLY1305).map(|key: UnboundKey| LessSafeKey::new(key))
    }
}

fn random(bytes: &mut [u8]) -> Result<()> {
    SystemRandom::new().fill(bytes).map_err(|_| Error::refused("the operating system provides no random bytes"))
}

/// The nonce of a sealed part: a block has two, its length and its body.
fn nonce(part: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[NONCE_LEN - 8..].copy_from_slice(&part.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Sealer {
    file: File,
    path: PathBuf,
    key: LessSafeKey,
    id: [u8; ID_BYTES],
    parts: u64,
    /// Bytes written so far.
    pub(super) bytes: u64,
}

impl Sealer {
    /// Creates a file that only its owner can read.
    pub(super) fn create(path: &Path, key: &Key) -> Result<Sealer> {
        let mut id = [0; ID_BYTES];
        random(&mut id)?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = opened.map_err(|e| Error::io(format!("writing {}", path.display()), e))?;
        let mut sealer = Sealer { file, path: path.to_owned(), key: key.of_file(&id)?, id, parts: 0, bytes: 0 };
        sealer.put(&[MAGIC.as_slice(), &id].concat())?;
        Ok(sealer)
    }

    /// Writes one block. The last block is on the disk when this returns.
    pub(super) fn block(&mut self, body: &[u8], is_last: bool) -> Result<()> {
        let mut sealed = Vec::with_capacity(body.len() + 1 + TAG_BYTES);
        sealed.push(u8::from(is_last));
        sealed.extend_from_slice(body);
        let mut out = (sealed.len() as u32).to_be_bytes().to_vec();
        self.seal(&mut out)?;
        self.seal(&mut sealed)?;
        out.append(&mut sealed);
        self.put(&out)?;
        if is_last { self.file.sync_all().map_err(|e| self.failed(e)) } else { Ok(()) }
    }

    fn seal(&mut self, part: &mut Vec<u8>) -> Result<()> {
        let sealed = self.key.seal_in_place_append_tag(nonce(self.parts), Aad::from(self.id), part);
        self.parts += 1;
        sealed.map_err(|_| Error::refused("a block of the recording cannot be sealed"))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| self.failed(e))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::io(format!("writing {}", self.path.display()), error)
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Opener {
    file: BufReader<File>,
    path: PathBuf,
    key: LessSafeKey,
    id: [u8; ID_BYTES],
    parts: u64,
    ending: Option<Ending>,
}

/// How a recording ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its last block.
    Whole,
    /// Without it: the process was killed, or the file was cut off.
    Truncated,
}

impl Opener {
    /// Opens a file.
    pub(super) fn open(path: &Path, key: &Key) -> Result<Opener> {
        let mut file = BufReader::new(File::open(path).map_err(|e| unreadable(path, e))?);
        let (mut magic, mut id) = ([0; MAGIC.len()], [0; ID_BYTES]);
        let read = file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut id));
        if read.is_err() || magic != *MAGIC {
            return Err(Error::usage(format!("{} is not a recording of this version", path.display())));
        }
        Ok(Opener { file, path: path.to_owned(), key: key.of_file(&id)?, id, parts: 0, ending: None })
    }

    /// How the file ends, once [`Opener::block`] has returned `None`.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// The next block; `None` at the end. A block that was changed is an error.
    pub(super) fn block(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ending.is_some() {
            return Ok(None);
        }
        let Some(length) = self.part(HEADER_BYTES)? else { return Ok(None) };
        let length = length.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes) as usize);
        if !(1..=BLOCK_BYTES).contains(&length) {
            return Err(self.damaged());
        }
        let Some(mut body) = self.part(length + TAG_BYTES)? else { return Ok(None) };
        if body.remove(0) == 1 {
            let behind = self.file.read(&mut [0]).map_err(|e| Error::io(format!("reading {}", self.path.display()), e))?;
            if behind > 0 {
                return Err(self.damaged());
            }
            self.ending = Some(Ending::Whole);
        }
        Ok(Some(body))
    }

    /// Opens a sealed part; `None` if it is incomplete.
    fn part(&mut self, bytes: usize) -> Result<Option<Vec<u8>>> {
        let mut part = vec![0; bytes];
        match self.file.read_exact(&mut part) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.ending = Some(Ending::Truncated);
                return Ok(None);
            }
            Err(error) => return Err(Error::io(format!("reading {}", self.path.display()), error)),
        }
        if self.key.open_in_place(nonce(self.parts), Aad::from(self.id), &mut part).is_err() {
            return Err(self.damaged());
        }
        self.parts += 1;
        part.truncate(bytes - TAG_BYTES);
        Ok(Some(part))
    }

    fn damaged(&self) -> Error {
        let what = match self.parts {
            0 => "it was sealed with another key, or changed".to_owned(),
            parts => format!("block {} was changed", parts / 2 + 1),
        };
        Error::io(format!("reading {}", self.path.display()), std::io::Error::new(ErrorKind::InvalidData, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of three blocks.
    fn file(directory: &Path, key: &Key) -> PathBuf {
        let path = directory.join("a.rec");
        let mut sealer = Sealer::create(&path, key).unwrap();
        for (body, last) in [(&b"one"[..], false), (b"", false), (b"the secret", true)] {
            sealer.block(body, last).unwrap();
        }
        assert_eq!(sealer.bytes, std::fs::metadata(&path).unwrap().len());
        path
    }

    fn read(path: &Path, key: &Key) -> Result<(Vec<Vec<u8>>, Option<Ending>)> {
        let mut opener = Opener::open(path, key)?;
        let mut out = Vec::new();
        while let Some(block) = opener.block()? {
            out.push(block);
        }
        Ok((out, opener.ending()))
    }

    #[test]
    fn whoever_has_the_key_reads_it_and_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| Key::create(&directory.path().join(name)).unwrap());
        let path = file(directory.path(), &one);
        let blocks = vec![b"one".to_vec(), Vec::new(), b"the secret".to_vec()];
        assert_eq!(read(&path, &one).unwrap(), (blocks, Some(Ending::Whole)));
        assert!(memchr::memmem::find(&std::fs::read(&path).unwrap(), b"secret").is_none());
        assert!(read(&path, &two).unwrap_err().to_string().ends_with("it was sealed with another key, or changed"));
        for path in [path, directory.path().join("one")] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn every_byte_that_was_changed_and_every_end_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let key = Key::create(&directory.path().join("key")).unwrap();
        let path = file(directory.path(), &key);
        let bytes = std::fs::read(&path).unwrap();
        let changed = directory.path().join("changed");
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            std::fs::write(&changed, &bytes).unwrap();
            assert!(read(&changed, &key).is_err(), "byte {at}");
        }
        let first = MAGIC.len() + ID_BYTES;
        for end in first..bytes.len() {
            std::fs::write(&changed, &bytes[..end]).unwrap();
            let (blocks, ending) = read(&changed, &key).unwrap();
            assert_eq!(ending, Some(Ending::Truncated), "{end}");
            assert!(blocks.len() < 3 && blocks.first().is_none_or(|b| b == b"one"), "{end}");
        }
        // A repeated block, or one more after the last.
        let block = first..first + HEADER_BYTES + 4 + TAG_BYTES;
        std::fs::write(&changed, [&bytes[..block.end], &bytes[block.clone()], &bytes[block.end..]].concat()).unwrap();
        assert!(read(&changed, &key).unwrap_err().to_string().ends_with("block 2 was changed"));
        std::fs::write(&changed, [bytes.as_slice(), &bytes[block]].concat()).unwrap();
        assert!(read(&changed, &key).is_err());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        Key::create(&path).unwrap();
        assert!(Key::create(&path).is_err(), "a key is never replaced");
        Key::read(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Key::read(&path).unwrap_err().exit_code(), 1);
        for (path, told) in
            [(Path::new(""), "neither record.key_file nor --key"), (&directory.path().join("none"), "there is no key")]
        {
            let error = Key::read(path).unwrap_err();
            assert!(error.to_string().contains(told) && error.exit_code() == 2, "{error}");
        }
        let denied = unreadable(&path, ErrorKind::PermissionDenied.into());
        assert!(denied.to_string().contains("run this as that user") && denied.exit_code() == 3, "{denied}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "0123").unwrap();
        assert_eq!(Key::read(&path).unwrap_err().exit_code(), 2);
    }
}
