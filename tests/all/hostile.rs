//! Changed files through the library's readers: a few thousand. `leasehold-hostile readers` reads
//! as many as somebody wants.

use leasehold_tests::hostile::{Trials, readers};

#[test]
fn whatever_a_text_says_reading_it_ends_with_what_it_means_or_an_explanation() {
    let found = readers(&Trials::first(6_000, 1));
    let told: String = found.failures.iter().map(|failure| format!("{failure}\n")).collect();
    assert_eq!(told, "");
    assert!((500..5_500).contains(&found.valid), "{} of them mean something", found.valid);
}
