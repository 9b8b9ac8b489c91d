//! run.json: who made a run, and from what.

use std::{collections::BTreeMap, env, io, path::Path, thread};

use serde::{Deserialize, Serialize, de::Error};
use sha2::{Digest, Sha256};

use crate::{
    data::fingerprint,
    files::folder::Place,
    preset::{Data, Scheduled},
    rundir::{MOST_BYTES, layout, read_json},
};

/// The form of run.json and of checkpoints; rises where an older program would misread a newer one's.
pub const SCHEMA: u32 = 1;

/// Rises with every change of the program after which the same preset and seed give other numbers: runs of another
/// numerics cannot be resumed or replayed to the bit.
pub const NUMERICS: u32 = 5;

/// What stands for a text that is unknown.
const UNKNOWN: &str = "?";

/// What a run was started with, besides its preset. This program writes every field; what another one left out is none,
/// and is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub schema: Option<u32>,
    /// Of the program.
    pub version: Option<String>,
    pub numerics: Option<u32>,
    /// Name of the preset.
    pub name: Option<String>,
    pub seed: Option<u64>,
    /// `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: Option<String>,
    /// Whether products round their factors to TF32.
    #[serde(default)]
    pub tf32: bool,
    /// The compiler of a GPU's kernels, on which bits depend: `NVRTC 13.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    pub threads: Option<usize>,
    /// When the run was begun, as RFC 3339 has it.
    pub started: Option<String>,
    /// Changes decided beforehand (`--at`).
    pub at: Option<Vec<Scheduled>>,
    /// SHA-256 of the tensors that it began with instead of fresh ones (`--init`); the checkpoint marked at step 0 holds
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// SHA-256 of preset.ron as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What a scheduler says of the process that began it: its variables that are known here.
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// Fingerprint of the data where they are the person's own; see [`crate::data::fingerprint`].
    pub data: Option<String>,
}

impl About {
    /// Reads run.json strictly, to go on with the run.
    ///
    /// # Errors
    /// The disk's; something else than run.json, or one that lacks what every program wrote.
    pub fn read(place: &Place) -> io::Result<Self> {
        let about: Self = serde_json::from_slice(&place.read(MOST_BYTES)?)?;
        match about.missing() {
            Some(field) => Err(serde_json::Error::missing_field(field).into()),
            None => Ok(about),
        }
    }

    /// Reads the run.json of a run, whoever wrote it; none where there is no such file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn of(directory: &Path) -> Result<Option<Self>, String> {
        read_json(directory, layout::ABOUT, |bytes| {
            serde_json::from_slice(bytes)
        })
    }

    /// The first field that is not there, of those that every program wrote.
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

    /// Name of the preset; `?` where it is unknown.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(UNKNOWN)
    }

    /// The version of the program; `?` where it is unknown.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or(UNKNOWN)
    }

    /// The device; `?` where it is unknown.
    pub fn device(&self) -> &str {
        self.device.as_deref().unwrap_or(UNKNOWN)
    }

    /// The seed; 0 where it is unknown.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// Changes decided beforehand; none where they are unknown.
    pub fn at(&self) -> &[Scheduled] {
        self.at.as_deref().unwrap_or_default()
    }

    /// Adds the fingerprint of the person's own data to run.json, on a thread of its own: there may be much to read.
    ///
    /// # Errors
    /// No thread.
    pub fn add_fingerprint(place: Place, data: Data) -> io::Result<()> {
        let look = move || {
            // That data cannot be read is for training to tell; a run without a fingerprint is not held to one.
            if let Ok(Some(fingerprint)) = fingerprint(&data)
                && let Ok(mut about) = Self::read(&place)
            {
                about.data = Some(fingerprint);
                let _ = about.write(&place);
            }
        };
        let thread = thread::Builder::new().name("sn-tui fingerprint".into());
        thread.spawn(look).map(drop)
    }

    /// Writes run.json as a whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, place: &Place) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        place.write(text.as_bytes())
    }
}

/// Variables by their names.
pub type Environment = BTreeMap<String, String>;

/// The variables of a scheduler that are set, as far as they belong to a run's story.
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

/// This moment, as RFC 3339 has it.
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
        assert_eq!(About::of(home.path()), Ok(None));
        std::fs::write(home.path().join(layout::ABOUT), "{").unwrap();
        assert!(About::of(home.path()).unwrap_err().contains("run.json"));
    }

    #[test]
    fn a_run_that_is_gone_on_with_says_all() {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place(layout::ABOUT);
        let whole = r#"{"schema":1,"version":"0.1.0","numerics":1,"name":"ring","seed":3,"device":"cpu","threads":2,"started":"2026-11-24T18:00:00+01:00","at":[],"data":null}"#;
        place.write(whole.as_bytes()).unwrap();
        assert_eq!(About::read(&place).unwrap().seed, Some(3));
        let fields: serde_json::Map<_, _> = serde_json::from_str(whole).unwrap();
        for field in fields.keys().filter(|field| *field != "data") {
            let mut without = fields.clone();
            without.remove(field);
            place.write(&serde_json::to_vec(&without).unwrap()).unwrap();
            let told = About::read(&place).unwrap_err().to_string();
            assert!(told.contains(&format!("missing field `{field}`")), "{told}");
        }
    }
}
