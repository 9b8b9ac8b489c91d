//! run.json: how a run was started.

use std::{collections::BTreeMap, env, io, path::Path, thread};

use serde::{Deserialize, Serialize, de::Error};
use sha2::{Digest, Sha256};

use crate::{
    engine::data::fingerprint,
    files::folder::Place,
    model::fork::Parent,
    preset::{Data, PlannedFork, Scheduled},
    rundir::{FileError, MAX_BYTES, layout, read_json},
};

/// Version of the format of run.json and of checkpoints. It rises if older programs would misread newer files.
pub const SCHEMA: u32 = 1;

/// Version of the format of run.json for forked runs. Programs that read [`SCHEMA`] alone would replay such a run from
/// step 0.
pub const FORKED_SCHEMA: u32 = 2;

/// Version of the numerics. It rises with every change after which the same preset and seed give other numbers. Runs of
/// another version cannot be resumed or replayed bit for bit.
pub const NUMERICS: u32 = 5;

/// The text for unknown values.
const UNKNOWN: &str = "?";

/// How a run was started, apart from its preset. This program writes every field; a field that a file lacks is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Version of the format, see [`SCHEMA`].
    pub schema: Option<u32>,
    /// Version of the program.
    pub version: Option<String>,
    /// Version of the numerics, see [`NUMERICS`].
    pub numerics: Option<u32>,
    /// Name of the preset.
    pub name: Option<String>,
    /// Seed of all random numbers.
    pub seed: Option<u64>,
    /// The device: `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: Option<String>,
    /// Whether matrix products round their factors to TF32.
    #[serde(default)]
    pub tf32: bool,
    /// The compiler of the GPU kernels, on which the results depend bit for bit: `NVRTC 13.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    /// CPU threads for training.
    pub threads: Option<usize>,
    /// When the run was started, in RFC 3339.
    pub started: Option<String>,
    /// Scheduled changes (`--at`).
    pub at: Option<Vec<Scheduled>>,
    /// SHA-256 of the initial tensors, if they were given by `--init`. The checkpoint marked at step 0 holds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Planned forks (`--fork`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<PlannedFork>,
    /// The state of another run from which the run was forked. The checkpoint marked at its step is the start of the
    /// run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// SHA-256 of preset.ron.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The job scheduler's variables in the environment of the process that started the run, see [`environment()`].
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// Fingerprint of the user's own data, see [`crate::engine::data::fingerprint`].
    pub data: Option<String>,
}

impl About {
    /// Reads run.json strictly, to resume the run.
    ///
    /// # Errors
    /// If the file cannot be read, is not valid or lacks a required field.
    pub fn read_strict(place: &Place) -> io::Result<Self> {
        let about: Self = serde_json::from_slice(&place.read(MAX_BYTES)?)?;
        match about.missing() {
            Some(field) => Err(serde_json::Error::missing_field(field).into()),
            None => Ok(about),
        }
    }

    /// Reads the run.json of a run leniently. `None` if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or is not valid.
    pub fn read_lenient(directory: &Path) -> Result<Option<Self>, FileError> {
        read_json(directory, layout::ABOUT, |bytes| {
            serde_json::from_slice(bytes)
        })
    }

    /// The first required field that is unknown.
    fn missing(&self) -> Option<&'static str> {
        let fields = [
            ("schema", self.schema.is_some()),
            ("version", self.version.is_some()),
            ("numerics", self.numerics.is_some()),
            ("name", self.name.is_some()),
            ("seed", self.seed.is_some()),
            ("device", self.device.is_some()),
            ("threads", self.threads.is_some()),
            ("started", self.started.is_some()),
            ("at", self.at.is_some()),
        ];
        let missing = fields.into_iter().find(|(_, is_there)| !is_there);
        missing.map(|(field, _)| field)
    }

    /// Name of the preset, or `?`.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(UNKNOWN)
    }

    /// Version of the program, or `?`.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or(UNKNOWN)
    }

    /// The device, or `?`.
    pub fn device(&self) -> &str {
        self.device.as_deref().unwrap_or(UNKNOWN)
    }

    /// The seed, or 0 if it is unknown.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// The scheduled changes. Empty if they are unknown.
    pub fn at(&self) -> &[Scheduled] {
        self.at.as_deref().unwrap_or_default()
    }

    /// Adds the fingerprint of the user's own data to run.json on a thread of its own, as reading the data may take
    /// long.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn add_fingerprint(place: Place, data: Data) -> io::Result<()> {
        let look = move || {
            // Training reports data that cannot be read. Without a fingerprint, resuming does not compare the data.
            if let Ok(Some(fingerprint)) = fingerprint(&data)
                && let Ok(mut about) = Self::read_strict(&place)
            {
                about.data = Some(fingerprint);
                let _ = about.write(&place);
            }
        };
        let thread = thread::Builder::new().name("sn-tui fingerprint".into());
        thread.spawn(look).map(drop)
    }

    /// Writes run.json.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, place: &Place) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        place.write(text.as_bytes())
    }
}

/// Environment variables by name.
pub type Environment = BTreeMap<String, String>;

/// The known variables of job schedulers that are set.
pub fn environment() -> Environment {
    let known = ["SLURM_JOB_ID", "SLURM_RESTART_COUNT"];
    let set = known.iter().filter_map(|&name| {
        let value = env::var(name).ok()?;
        Some((name.to_owned(), value))
    });
    set.collect()
}

/// SHA-256 in lower-case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// The current time in RFC 3339.
pub fn now() -> String {
    let now = jiff::Zoned::now();
    let seconds = now.round(jiff::Unit::Second).unwrap_or(now);
    seconds.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::folder::Folder;

    #[test]
    fn an_older_run_says_less() {
        let about: About = serde_json::from_str(r#"{"schema":1,"name":"ring","new":[1]}"#).unwrap();
        assert_eq!((about.name(), about.seed), ("ring", None));
        let home = tempfile::tempdir().unwrap();
        assert_eq!(About::read_lenient(home.path()).unwrap(), None);
        std::fs::write(home.path().join(layout::ABOUT), "{").unwrap();
        assert!(
            About::read_lenient(home.path())
                .unwrap_err()
                .to_string()
                .contains("run.json")
        );
    }

    #[test]
    fn strict_reading_requires_all_fields() {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place(layout::ABOUT);
        let whole = r#"{"schema":1,"version":"0.1.0","numerics":1,"name":"ring","seed":3,"device":"cpu","threads":2,"started":"2026-11-24T18:00:00+01:00","at":[],"data":null}"#;
        place.write(whole.as_bytes()).unwrap();
        assert_eq!(About::read_strict(&place).unwrap().seed, Some(3));
        let fields: serde_json::Map<_, _> = serde_json::from_str(whole).unwrap();
        for field in fields.keys().filter(|field| *field != "data") {
            let mut without = fields.clone();
            without.remove(field);
            place.write(&serde_json::to_vec(&without).unwrap()).unwrap();
            let told = About::read_strict(&place).unwrap_err().to_string();
            assert!(told.contains(&format!("missing field `{field}`")), "{told}");
        }
    }
}
