use sn_tui::preset::*;
const OK: &str = r#"(
    about: "x",
    data: Images(source: Digits, shape: (1, 28, 28)),
    latent: 64,
    loss: hinge,
    generator: (
        layers: [Linear(out: 784), Reshape(1,28,28), LeakyReLU(0.1), ReLU],
        learning_rate: 1e-3,
    ),
    discriminator: (layers: [Flatten, Linear(out: 1)], betas: (0.5, 0.9)),
    spectral: (layers: {"d.1": (iterations: 3)}),
    decay_steps: 3000,
)"#;
#[test] fn scratch() {
    parse(OK, "ok.ron").unwrap_or_else(|e| panic!("{}", e.render(false)));
    for (a, b) in [("latent: 64","latentt: 64"),("latent: 64","latent: \"a\""),("latent: 64","latent: -1"),("latent: 64","latent: 6.5"),("latent: 64","latent: abc"),("    latent: 64,\n",""),
        ("hinge","hinje"),("Linear(out: 784)","Linaer(out: 3)"),("Linear(out: 784)","Linear(outt: 3)"),("Linear(out: 784)","Linear()"),("Linear(out: 784)","Linear"),("Linear(out: 784)","Linear(3)"),("ReLU]","ReLU(3)]"),
        ("(0.5, 0.9)","(0.5)"),("(0.5, 0.9)","(0.5,0.9,0.1)"),("(0.5, 0.9)","0.5"),("(0.1)","(slope: 0.1)"),("1e-3","1e-x"),("iterations: 3","iterations: true"),("iterations: 3","iters: 3"),
        ("latent: 64","latent: 64, latent: 3"),("(1, 28, 28)","(1, 28)"),("shape: (1, 28, 28)","shape: [1, 28, 28]"),("latent: 64,","latent: 64"),("betas: (0.5, 0.9)","betas: (0.5, 0.9"),("3000,\n)","3000,\n"),("3000,\n)","3000,\n) x"),("3000","3000000000000000000000000"),("1e-3","1e-3f"),("decay_steps: 3000","decay: yes"),("decay_steps: 3000","samples: (every: 3, cont: 2)"),("latent: 64","latent = 64"),("about: \"x\"","about: \"x"),("about: \"x\"","about: x"),("\"d.1\"","d.1"),("Digits","Path(3)"),("Digits","Path"),("Images(","Images["),("Images(source: Digits, shape: (1, 28, 28))","(source: Digits)"), ("Flatten,", "Flatten"), (OK, ""), (OK,"Preset("), ("generator: (\n", "generator: Foo(\n"), ("(0.5, 0.9)","(0.5, 0.9, ,)"), ("hinge", "hinge(1)"), ("hinge", "\"hinge\""),("hinge", "3"), ("Flatten,", "3,"),
        ("1, 28, 28","2, 28, 28"),("1, 28, 28","1, 28, 27"),("Flatten, ",""),("out: 1)","out: 2)"),("out: 784","out: 99999999999"),("\"d.1\"","\"d.0\""),("iterations: 3","iterations: 51"),("0.5, 0.9","0.5, 1.0"),("latent: 64","latent: 0"),("LeakyReLU(0.1)","LeakyReLU(inf)"), ("latent: 64", "latent: 64, batch: 1, gain: 0"),("Reshape(1,28,28)","BatchNorm, Reshape(1,28,28)")] {
        let t = OK.replacen(a, b, 1);
        match parse(&t, "bad.ron") { Ok(_) => println!("=== {b:?}: OK"), Err(e) => println!("=== {b:?}\n{}", e.render(false)) }
    }
    let p = builtin::builtin("digits").unwrap();
    for s in ["n_diss=3","learning_rate=3","n_dis=x","n_dis=3, batch: 4","loss=hing","spectral.layers.d.1.iterations=3","spectral.layers.d.0.iterations=300","latent=0","foo","=3","n_dis=","generator.layers.0.out=3137","data.scale=4","generator.betas=(0.1,2)","about=\"x","spectral.layers={\"d.0\":(iterations:x)}","quux.zork=1"] {
        match set_all(&p, &[s]) { Ok(_) => println!("=== {s:?}: OK"), Err(e) => println!("=== {s:?}\n{}", e.render(false)) }
    }
    for s in ["0:n_dis=3","10:latent=3","10:n_dis=0","n_dis=3","3:loss = hinje"] {
        match schedule(&p, &[s]) { Ok(_) => println!("=== {s:?}: OK"), Err(e) => println!("=== {s:?}\n{}", e.render(false)) }
    }
    println!("{}", print(&p, "digits"));
}
