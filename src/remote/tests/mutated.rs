//! Messages that were changed on their way.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::messages::{commands, news, taken, told};
use crate::remote::{
    protocol::{Answer, Ask, decode, encode},
    tests::*,
};

/// One to eight bytes changed, put in, taken away, or the end cut off.
fn mutated(mut bytes: Vec<u8>, random: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..random.random_range(1..=8) {
        let at = random.random_range(0..=bytes.len());
        match random.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] = random.random(),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            2 => bytes.insert(at, random.random()),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            // Lengths and numbers as large as they get.
            4 => drop(bytes.splice(at..at, [0xff; 9])),
            _ if random.random_range(0..10) == 0 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

#[test]
fn ten_thousand_mutated_messages_break_nothing() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let asks: Vec<Vec<u8>> = commands()
        .into_iter()
        .map(|command| told(300, command))
        .chain(super::programs::asks())
        .map(|ask| encode(&ask).unwrap())
        .collect();
    let answer = encode(&Answer::News(Box::new(news(&full())))).unwrap();
    let (mut understood, mut unsound) = (0, 0);
    for round in 0..10_000 {
        let ask = mutated(asks[round % asks.len()].clone(), &mut random);
        if let Ok(ask_again) = decode::<Ask>(&ask) {
            // What it holds is not much more than what was sent: a number of nine bytes may have come in one.
            assert!(encode(&ask_again).unwrap().len() <= 9 * ask.len());
        }
        let bytes = mutated(answer.clone(), &mut random);
        if let Ok(Answer::News(news)) = decode(&bytes) {
            let size = encode(&news).unwrap().len();
            assert!(size <= 9 * bytes.len(), "{size} of {}", bytes.len());
            match taken(*news) {
                Ok(_) => understood += 1,
                Err(_) => unsound += 1,
            }
        }
    }
    assert!(understood > 100 && unsound > 10, "{understood} {unsound}");
}
