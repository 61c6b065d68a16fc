//! Whatever is typed where it cannot stand is said beside its field, and nothing typed is lost.

use moncomptepro::store::users;

use crate::support::{Instance, Page, Person};

const ADDRESS: &str = "user@yopmail.com";

/// The information of a person, on the way to a service.
async fn on_the_way(instance: &Instance) -> (Person, Page) {
    let (person, client) = (instance.person(), instance.standard_client());
    let page = person.visit(&client.authorization("openid profile", &[("prompt", "update_userinfo")])).await;
    let page = person.sign_in(page, ADDRESS, ADDRESS).await;
    assert_eq!(page.url.path(), "/users/personal-information");
    (person, page)
}

/// The same in the account.
async fn in_the_account(instance: &Instance) -> (Person, Page) {
    let person = instance.person();
    person.sign_in(person.visit("/").await, ADDRESS, ADDRESS).await;
    let page = person.visit("/personal-information").await;
    (person, page)
}

#[tokio::test]
async fn what_cannot_be_a_name_a_telephone_or_a_position_is_said_beside_its_field_wherever_it_is_typed() {
    let instance = Instance::dev().await;
    let long = "é".repeat(256);
    let before = instance.app.store.read(|tx| users::find_by_email(tx, &ADDRESS.parse().unwrap())).unwrap().unwrap();
    let table: &[(&str, &[&str])] = &[
        (
            "given_name",
            &[
                "",
                " \u{a0} ",
                "\u{200b}",
                &long,
                "R2D2",
                "Jean\u{202e}",
                "Je\u{200b}an",
                "<b>Jean</b>",
                "Jean;",
                "a@b.fr",
                "J\u{435}an",
            ],
        ),
        (
            "family_name",
            &["", "\u{feff}", &long, "Martin3", "Mar\u{2066}tin", "Martin=", "\"Martin\"", "{Martin}", "M\u{430}rtin"],
        ),
        (
            "phone_number",
            &[
                "123",
                "abcdefgh",
                &long,
                "01 23 45 67 89 01 23 45 67",
                "01  23 45 67",
                "01\u{200b}23456789",
                "+",
                "-0123456789",
            ],
        ),
        ("job", &["42", "4 2", &long, "Maire\u{202e}", "Ma\u{200b}ire"]),
    ];
    for (person, page) in [on_the_way(&instance).await, in_the_account(&instance).await] {
        for (field, values) in table {
            for typed in *values {
                let refused = person.submit(page.form_with("given_name", None).with(field, typed)).await;
                let at = format!("{} {field} {typed:?}", page.url.path());
                assert_eq!(refused.status, 400, "{at}");
                let shown = format!("#{field}[aria-invalid=true][aria-describedby~={field}-problem]");
                assert!(refused.has(&shown) && !refused.text(&format!("#{field}-problem")).is_empty(), "{at}");
                assert_eq!(
                    refused.attribute(&format!("#{field}"), "value").as_deref(),
                    Some(*typed),
                    "{at}: nothing is lost"
                );
                assert_eq!(refused.attribute(".problems a", "href").unwrap(), format!("#{field}"), "{at}");
            }
        }
    }
    let after = instance.app.store.read(|tx| users::find_by_email(tx, &ADDRESS.parse().unwrap())).unwrap().unwrap();
    assert_eq!(after.information, before.information, "nothing was saved");
}

#[tokio::test]
async fn of_several_wrong_fields_the_first_takes_the_focus() {
    let instance = Instance::dev().await;
    for (person, page) in [on_the_way(&instance).await, in_the_account(&instance).await] {
        let right = page.form_with("given_name", None).with("given_name", "Jean").with("family_name", "Martin");
        let wrong = [("given_name", "R2D2"), ("family_name", "Martin3"), ("phone_number", "123"), ("job", "42")];
        for first in 0..wrong.len() {
            let form = wrong[first..].iter().fold(right.clone(), |form, (name, typed)| form.with(name, typed));
            let refused = person.submit(form).await;
            assert_eq!(refused.body.matches(" autofocus").count(), 1, "{}", refused.body);
            assert!(refused.has(&format!("#{}[aria-invalid=true][autofocus]", wrong[first].0)), "{}", refused.body);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_an_address_is_said_beside_its_field_on_every_form_that_asks_for_one() {
    let instance = Instance::dev().await;
    let (signed_in, _) = in_the_account(&instance).await;
    let long = format!("{}@exemple.fr", "a".repeat(260));
    let hostile = [
        "",
        " ",
        "jean",
        "jean@",
        "@exemple.fr",
        "jean@exemple@fr",
        "je\u{200b}an@exemple.fr",
        "jean@exemple.fr\u{202e}",
        "je\u{430}n@exemple.fr",
        "jean@ex\u{435}mple.fr",
        "\u{212a}evin@exemple.fr",
        "jean@exemple\u{3002}fr",
        "jean@exemple.fr\r\nBcc: x@y.fr",
        "jean\u{0}@exemple.fr",
        "jean@127.0.0.1",
        "jean..martin@exemple.fr",
        "<jean@exemple.fr>",
        "jean@exemple.fr,x@y.fr",
        &long,
    ];
    let forms = [("/users/start-sign-in", "login"), ("/users/reset-password", "login")];
    for typed in hostile {
        for (path, field) in forms {
            let person = instance.person();
            let page = person.visit(path).await;
            let refused = person.submit(page.form_with(field, None).with(field, typed)).await;
            assert_eq!(refused.status, 400, "{path} {typed:?}");
            assert!(refused.has(&format!("#{field}[aria-invalid=true]")), "{path} {typed:?}");
            assert!(!refused.text(&format!("#{field}-problem")).is_empty(), "{path} {typed:?}");
            // As whoever reads HTML sees what is no character of it.
            let shown = typed.replace("\r\n", "\n").replace('\0', "\u{fffd}");
            let kept: String = shown.chars().take(254).collect();
            assert_eq!(refused.attribute(&format!("#{field}"), "value"), Some(kept), "{path}: nothing is lost");
        }
        let page = signed_in.visit("/connection-and-account/email").await;
        let refused = signed_in.submit(page.form_with("email", None).with("email", typed)).await;
        assert!(refused.status == 400 && refused.has("#email[aria-invalid=true]"), "a new address: {typed:?}");
    }
}
