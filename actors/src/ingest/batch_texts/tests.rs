//! Texts that are cut, made once, and no more than there is room for.

use proptest::prelude::*;
use spangraph_config::TenantSettings;

use super::super::attribute_keys::AskedKeys;
use super::*;

const DECISIVE: usize = 2049;

fn texts(request_bytes: usize) -> BatchTexts {
    BatchTexts::new(TextLimits::compile(&TenantSettings::default()), request_bytes)
}

fn get(texts: &BatchTexts, id: TextId) -> &str {
    texts.texts.get(id)
}

fn slot() -> Slot {
    AskedKeys::default().resource("k")
}

/// An encoded array of the smallest double, whose text has 326 bytes.
fn small_doubles(count: usize) -> Vec<u8> {
    let value = [&[0x0a, 9, 0x21][..], &5e-324_f64.to_le_bytes()].concat();
    value.repeat(count)
}

#[test]
fn long_strings_keep_the_start_that_decides() {
    let mut texts = texts(0);
    let long = "ü".repeat(10_000);
    let id = texts.insert(AnyValue::String(long.as_bytes())).unwrap();
    assert_eq!(get(&texts, id), "ü".repeat((DECISIVE + 4) / 2));
    let mut invalid = long.into_bytes();
    invalid.push(0xff);
    assert_eq!(
        texts.insert(AnyValue::String(&invalid)),
        Err(TextError::InvalidUtf8.into()),
        "the whole text decides whether it is one"
    );
}

#[test]
fn values_that_are_no_strings_are_written_no_further_than_the_cut() {
    let mut texts = texts(1 << 20);
    let doubles = small_doubles(10_000);
    let id = texts.insert(AnyValue::Array(&doubles)).unwrap();
    assert_eq!(get(&texts, id).len(), DECISIVE + 4);
    assert!(
        texts.scratch.capacity() < 3 * DECISIVE,
        "{}",
        texts.scratch.capacity()
    );
}

#[test]
fn numbers_with_hundreds_of_digits_are_not_made_up_for_by_a_small_request() {
    let mut texts = texts(0);
    let failed = (0..1_000).find(|number| {
        let doubles = [small_doubles(7), number.to_string().into_bytes()].concat();
        texts.insert(AnyValue::Array(&doubles[..77])).is_err()
    });
    let room = 64 * 1024;
    assert!(
        failed.is_some_and(|number| number <= room / 2048 + 1),
        "{failed:?}"
    );
    assert!(texts.insert(AnyValue::String(b"a string")).is_ok());
}

#[test]
fn the_text_of_a_resource_is_made_once_until_the_next_one() {
    let mut texts = texts(0);
    let (slot, doubles) = (slot(), small_doubles(100));
    let found = Found::OfResource(slot, AnyValue::Array(&doubles));
    let first = texts.insert_found(found).unwrap();
    let left = texts.rendering_left;
    for _ in 0..1_000 {
        assert_eq!(texts.insert_found(found), Ok(first));
        texts.insert_joined([found, found].into_iter(), "/").unwrap();
    }
    assert_eq!(texts.rendering_left, left);
    texts.enter_resource();
    let other = texts
        .insert_found(Found::OfResource(slot, AnyValue::Int(7)))
        .unwrap();
    assert_eq!(get(&texts, other), "7");
}

#[test]
fn a_resource_text_that_is_none_fails_for_each_span_until_the_next_resource() {
    let mut texts = texts(0);
    let slot = slot();
    let bad = Found::OfResource(slot, AnyValue::String(&[0xff]));
    for _ in 0..2 {
        assert_eq!(texts.insert_found(bad), Err(TextError::InvalidUtf8.into()));
    }
    texts.enter_resource();
    assert!(
        texts
            .insert_found(Found::OfResource(slot, AnyValue::Int(1)))
            .is_ok()
    );
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[aü]{0,3}".prop_map(String::into_bytes),
        (0_usize..3_000).prop_map(|length| "ü".repeat(length).into_bytes()),
        (2_040_usize..2_060).prop_map(|length| vec![b'x'; length]),
    ]
}

proptest! {
    #[test]
    fn joined_texts_begin_as_those_that_are_joined_and_then_cut(
        parts in proptest::collection::vec((value(), any::<bool>()), 0..4),
        join in "[/ü]{0,3}",
    ) {
        let mut asked = AskedKeys::default();
        let mut texts = texts(1 << 20);
        let found = parts.iter().enumerate().map(|(number, (part, of_resource))| {
            let value = AnyValue::String(part);
            if *of_resource { Found::OfResource(asked.resource(&number.to_string()), value) } else { Found::OfSpan(value) }
        });
        let found: Vec<_> = found.collect();
        let id = texts.insert_joined(found.into_iter(), &join).unwrap();
        let whole: Vec<_> = parts.iter().map(|(part, _)| std::str::from_utf8(part).unwrap()).filter(|part| !part.is_empty()).collect();
        let whole = whole.join(&join);
        prop_assert_eq!(get(&texts, id), cut(&whole, DECISIVE));
    }
}
