//! Public keys of a usual size under which anybody can sign, because the private key can be computed or is
//! not needed.
//!
//! An identity provider has no reason to have such a key; somebody who wants to log in as its users has one
//! to get it pinned. What is found here takes about a millisecond to find. That nothing was found proves
//! nothing.

use std::sync::LazyLock;

use num_bigint::BigUint;

/// The primes below 65,536.
static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut primes: Vec<u32> = Vec::new();
    for candidate in 2..=u32::from(u16::MAX) {
        let divides = |prime: &u32| candidate.is_multiple_of(*prime);
        if !primes.iter().take_while(|prime| *prime * *prime <= candidate).any(divides) {
            primes.push(candidate);
        }
    }
    primes
});

/// In a random number of 8192 bits, so many equal ones in a row come up once in 2^114 numbers.
const SUSPICIOUS_RUN: usize = 128;

/// Steps of Fermat's method, as many as the Baseline Requirements of the CA/Browser Forum ask for (§6.1.1.3).
/// They factor a product of two primes that are chosen too close to one another.
const FERMAT_STEPS: u32 = 100;

/// Why the factors of an RSA modulus are no secret, where that is so.
pub(crate) fn of_rsa_modulus(modulus: &[u8]) -> Option<&'static str> {
    let number = BigUint::from_bytes_be(modulus);
    if has_small_factor(&number) {
        Some("the RSA modulus has a small factor, so that anybody can compute the private key")
    } else if has_long_run(&number) {
        // 2^n ± c: many of these are prime or have known factors, Mersenne primes among them.
        Some("the RSA modulus has a long run of equal bits, so that its factors may be well known")
    } else if has_close_factors(&number) {
        Some("the RSA modulus has two close factors, so that anybody can compute the private key")
    } else if is_power(&number) {
        Some("the RSA modulus is a power, so that anybody can compute the private key")
    } else {
        None
    }
}

/// Trial division by the primes below 65,536: by products of them that fit into a word, and then within the
/// word.
fn has_small_factor(number: &BigUint) -> bool {
    let shares_factor = |primes: &[u32]| {
        let product: u64 = primes.iter().copied().map(u64::from).product();
        let rest = remainder(number, product);
        primes.iter().any(|prime| rest.is_multiple_of(u64::from(*prime)))
    };
    // Four primes of 16 bits.
    PRIMES.chunks(4).any(shares_factor)
}

fn remainder(number: &BigUint, divisor: u64) -> u64 {
    (number % divisor).iter_u64_digits().next().unwrap_or(0)
}

fn has_long_run(number: &BigUint) -> bool {
    let (mut run, mut last) = (0, None);
    (0..number.bits()).any(|index| {
        let bit = Some(number.bit(index));
        run = if bit == last { run + 1 } else { 1 };
        last = bit;
        run >= SUSPICIOUS_RUN
    })
}

/// Fermat's method: an odd number is a² − b² by its factors a + b and a − b; where these are close, so is a
/// to the root. The square of a prime is found in the first step.
fn has_close_factors(number: &BigUint) -> bool {
    let root = number.sqrt();
    if &root * &root == *number {
        return true;
    }
    let mut base = root + 1u32;
    (0..FERMAT_STEPS).any(|_| {
        let difference = &base * &base - number;
        base += 1u32;
        is_square(&difference)
    })
}

fn is_square(number: &BigUint) -> bool {
    // Squares leave 12 of the 64 remainders only, so that most roots need not be drawn.
    let rest = remainder(number, 64);
    if !(0..64).any(|root: u64| root * root % 64 == rest) {
        return false;
    }
    let root = number.sqrt();
    &root * &root == *number
}

/// Whether it is a third, fifth or higher power. Its base, without a small factor, has more than 16 bits.
fn is_power(number: &BigUint) -> bool {
    let exponents = PRIMES.iter().skip(1).take_while(|prime| u64::from(**prime) * 16 <= number.bits());
    exponents.into_iter().any(|exponent| {
        may_be_power(number, *exponent) && number.nth_root(*exponent).pow(*exponent) == *number
    })
}

/// Whether it is a power modulo two primes p with p ≡ 1 (mod `exponent`), of whose remainders few are: by
/// Fermat's little theorem, those whose (p − 1) / `exponent`-th power is 1.
fn may_be_power(number: &BigUint, exponent: u32) -> bool {
    let primes = PRIMES.iter().filter(|prime| **prime % exponent == 1).take(2);
    primes.into_iter().all(|prime| {
        let prime = u64::from(*prime);
        power_modulo(remainder(number, prime), (prime - 1) / u64::from(exponent), prime) == 1
    })
}

/// Below 2^16, so that no product overflows.
fn power_modulo(base: u64, exponent: u64, modulus: u64) -> u64 {
    let (mut result, mut square, mut rest) = (1, base % modulus, exponent);
    while rest > 0 {
        if rest % 2 == 1 {
            result = result * square % modulus;
        }
        square = square * square % modulus;
        rest /= 2;
    }
    result
}

/// The y coordinates of the points of Edwards25519 whose order divides 8, little-endian, and those that are
/// equal to one of them modulo p = 2^255 − 19. With either sign of x, these are the encodings of all eight
/// points, and six that are not canonical. The same table is in libsodium (`ge25519_has_small_order`).
///
/// Under such a key A, the signature R = −h·A, S = 0 is good wherever it is made for the hash h of the
/// message, of which only h mod 8 counts: one of at most eight signatures is good for any message (RFC 8032
/// §5.1.7).
const SMALL_ORDER: [[u8; 32]; 7] = [
    // 0, of order 4.
    [0; 32],
    // 1, the neutral element.
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    // Of order 8.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    // Of order 8.
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    // p − 1, of order 2.
    near_p(0xec),
    // p, which is 0.
    near_p(0xed),
    // p + 1, which is 1.
    near_p(0xee),
];

/// A number that differs from p in its lowest byte only.
const fn near_p(lowest: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    let [first, .., last] = &mut bytes;
    *first = lowest;
    *last = 0x7f;
    bytes
}

/// Why an Ed25519 key is none, where that is so.
pub(crate) fn of_ed25519_key(key: &[u8]) -> Option<&'static str> {
    let mut y = <[u8; 32]>::try_from(key).ok()?;
    // The highest bit is the sign of x (RFC 8032 §5.1.2).
    let [.., last] = &mut y;
    *last &= 0x7f;
    SMALL_ORDER
        .contains(&y)
        .then_some("the Ed25519 key is a point of small order, under which anybody can sign")
}
