//! One hash: argon2id in given memory, written and read as PHC strings.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2D_IDENT, ARGON2I_IDENT, ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// Length of new hashes in bytes.
const OUTPUT_BYTES: usize = 32;
/// No stored hash makes the process allocate more than this (SEC-65).
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// No stored hash has more lanes than this; ours have one.
const MAX_LANES: u32 = 16;
/// No stored hash takes more passes than this.
const MAX_ITERATIONS: u32 = 10;

/// The cost of a hash: memory in KiB and passes over it; always one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Memory of one hash.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
}

impl Parameters {
    /// The least that is accepted: 19 MiB, 2 passes.
    pub const fn floor() -> Self {
        Self { memory_kib: 19_456, iterations: 2 }
    }

    /// What a machine with 2 GiB affords: 64 MiB, 3 passes.
    pub const fn standard() -> Self {
        Self { memory_kib: 65_536, iterations: 3 }
    }

    /// The parameters for a machine with this much memory.
    pub const fn for_machine(memory_bytes: u64) -> Self {
        if memory_bytes >= 2 * 1024 * 1024 * 1024 { Self::standard() } else { Self::floor() }
    }

    /// Memory of one hash in bytes.
    pub const fn memory_bytes(self) -> u64 {
        self.memory_kib as u64 * 1024
    }

    fn argon2(self) -> Option<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.iterations, 1, Some(OUTPUT_BYTES)).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// What was read from a stored hash.
pub(super) struct StoredHash {
    argon2: Argon2<'static>,
    salt: Salt,
    output: Output,
    parameters: Parameters,
    /// Whether it is one as they are made here: argon2id in one lane.
    is_ours: bool,
}

impl StoredHash {
    /// Reads a PHC string; `None` for anything but argon2 within the caps.
    pub(super) fn parse(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let is_capped =
            params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_ITERATIONS && params.p_cost() <= MAX_LANES;
        let algorithms = [
            (ARGON2ID_IDENT, Algorithm::Argon2id),
            (ARGON2I_IDENT, Algorithm::Argon2i),
            (ARGON2D_IDENT, Algorithm::Argon2d),
        ];
        let (_, algorithm) = algorithms.into_iter().find(|(ident, _)| *ident == hash.algorithm)?;
        if hash.version != Some(Version::V0x13.into()) || !is_capped {
            return None;
        }
        let parameters = Parameters { memory_kib: params.m_cost(), iterations: params.t_cost() };
        let is_ours = algorithm == Algorithm::Argon2id && params.p_cost() == 1;
        let argon2 = Argon2::new(algorithm, Version::V0x13, params);
        Some(Self { argon2, salt: hash.salt?, output: hash.hash?, parameters, is_ours })
    }

    /// Whether `password` gives this hash.
    pub(super) fn matches(&self, memory: &mut Memory, password: &str) -> bool {
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        let is_hashed = memory.hash(&self.argon2, password, self.salt.as_ref(), &mut output);
        is_hashed && bool::from(output.as_slice().ct_eq(self.output.as_bytes()))
    }

    /// Whether the hash is cheaper than `current` in memory or passes, or is not made as new ones are.
    pub(super) fn is_below(&self, current: Parameters) -> bool {
        !self.is_ours
            || self.parameters.memory_kib < current.memory_kib
            || self.parameters.iterations < current.iterations
            || self.output.len() != OUTPUT_BYTES
    }
}

/// Hashes a new password; `None` when the parameters are impossible.
pub(super) fn hash(memory: &mut Memory, parameters: Parameters, salt: &[u8; 16], password: &str) -> Option<String> {
    let argon2 = parameters.argon2()?;
    let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
    if !memory.hash(&argon2, password, salt, output.as_mut_slice()) {
        return None;
    }
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output.as_slice()).ok()?),
    };
    Some(hash.to_string())
}

/// A key from a passphrase; `None` when the parameters are impossible, or more than any stored hash may cost.
pub fn derive_key(parameters: Parameters, salt: &[u8; 16], passphrase: &str) -> Option<Zeroizing<[u8; 32]>> {
    if parameters.memory_kib > MAX_MEMORY_KIB || parameters.iterations > MAX_ITERATIONS {
        return None;
    }
    let argon2 = parameters.argon2()?;
    let mut key = Zeroizing::new([0; OUTPUT_BYTES]);
    Memory::default().hash(&argon2, passphrase, salt, key.as_mut_slice()).then_some(key)
}

/// The memory of one thread, kept between hashes: allocating it anew costs as much as the hash.
#[derive(Default)]
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// How many of them hold something of a hash.
    used: usize,
}

impl Memory {
    fn hash(&mut self, argon2: &Argon2<'_>, password: &str, salt: &[u8], output: &mut [u8]) -> bool {
        let count = argon2.params().block_count();
        if self.blocks.len() < count {
            // Growing may leave the old blocks behind.
            self.wipe();
            self.blocks.resize(count, Block::new());
        }
        self.used = self.used.max(count);
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut self.blocks).is_ok()
    }

    /// Wipes what hashes left behind: it would let somebody who reads the memory guess faster. Due before a wait; the
    /// next hash writes over it by itself.
    pub(super) fn wipe(&mut self) {
        self.blocks.iter_mut().take(self.used).for_each(|block| block.zeroize());
        self.used = 0;
    }

    /// Gives back what is above `parameters`: one costly imported hash does not hold memory for ever.
    pub(super) fn shrink_to(&mut self, parameters: Parameters) {
        let count = parameters.memory_kib as usize;
        if self.blocks.len() > count {
            self.wipe();
            self.blocks.truncate(count);
            self.blocks.shrink_to_fit();
        }
    }

    /// Whether nothing of a hash is left.
    #[cfg(test)]
    pub(super) fn is_blank(&self) -> bool {
        self.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0))
    }

    /// Gives everything back.
    pub(super) fn release(&mut self) {
        self.wipe();
        self.blocks = Vec::new();
    }
}
