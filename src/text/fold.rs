//! How texts are compared.

use unicode_normalization::UnicodeNormalization as _;

/// Text as it is compared: full-width as half-width, capitals as small letters.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.nfkc().flat_map(char::to_lowercase).collect() }
}
