package nginxconf_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/nginxconf"
)

// words returns the values of the words of a text, and other tokens as they are.
func words(t *testing.T, text string) string {
	t.Helper()
	tokens, err := nginxconf.Tokens(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var list []string
	for _, k := range tokens {
		list = append(list, k.Text)
	}
	return strings.Join(list, "\u00b7")
}

// TestTokens has what nginx itself reads, as tried with nginx -T and in its
// source.
func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		`add_header A "b c" always;`:            `add_header·A·b c·always·;`,
		`a b#c; # d`:                            `a·b#c·;·# d`,
		`a "b#c";`:                              `a·b#c·;`,
		`a b"c;`:                                `a·b"c·;`,
		`a ${x}y;`:                              `a·${x}y·;`,
		`a b{c d;}`:                             `a·b·{·c·d·;·}`,
		`a b};`:                                 `a·b}·;`,
		`a b\;c;`:                               `a·b\;c·;`,
		`a "b\"c" 'd\'e' f\"g;`:                 `a·b"c·d'e·f"g·;`,
		`a "b\\c\.d";`:                          `a·b\c\.d·;`,
		`if ($a ~ "b") { return 1; }`:           `if·($a·~·b·)·{·return·1·;·}`,
		`if ($a ~* (b|c)) {}`:                   `if·($a·~*·(b|c))·{·}`,
		`x_by_lua_block { a = "}" -- }` + "\n}": `x_by_lua_block·{· a = "}" -- }` + "\n·}",
		`x_by_lua_block { a = [=[}]=] { } }`:    `x_by_lua_block·{· a = [=[}]=] { } ·}`,
		"a\r\n\tb;\r\n# c\r\n":                  "a·b·;·# c\r",
		"":                                      "",
	} {
		if got := words(t, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for text, offset := range map[string]int{
		"\uFEFFa;": 0, `a "b`: 2, `a "b"c;`: 5, `a b`: 0, `a {`: 2, `a; }`: 3, `;`: 0, `{}`: 0, `a { b }`: 4,
		`x_by_lua_block { "}`: 16, strings.Repeat("a{", 60): 101,
	} {
		_, err := nginxconf.Parse(text)
		var e *nginxconf.Error
		if !errors.As(err, &e) || e.Offset != offset {
			t.Errorf("%q: %+v, want a mistake at %d", text, err, offset)
		}
	}
}

func TestParse(t *testing.T) {
	const text = "http { # x\n  server { listen 80; }\n}\n"
	top, err := nginxconf.Parse(text)
	if err != nil || len(top) != 1 || len(top[0].Children) != 1 {
		t.Fatal(top, err)
	}
	server := top[0].Children[0]
	if got := text[server.Start:server.End]; got != "server { listen 80; }" {
		t.Errorf("%q", got)
	}
	if text[server.Open] != '{' || text[server.Close] != '}' || server.Children[0].Name() != "listen" {
		t.Errorf("%+v", server)
	}
}

// FuzzParse checks that tokens cover the text but for white space, that their
// values are those of their text, and that nothing panics.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"http {\n\tserver { listen 80; location / { add_header A \"b\" always; } }\n}\n", `a ${x} 'b\'c'; # d`, "x_by_lua_block { [[}]] --[[}]] }", "a \"\\", "map $a $b { default \"\"; \"~^x\\.y$\" 1; }",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := nginxconf.Tokens(text)
		at := 0
		for _, k := range tokens {
			if k.Start < at || k.End <= k.Start || k.End > len(text) || strings.Trim(text[at:k.Start], " \t\r\n") != "" {
				t.Fatalf("%q: %+v after %d", text, k, at)
			}
			if k.Kind != nginxconf.Word && k.Text != text[k.Start:k.End] {
				t.Fatalf("%q: %+v", text, k)
			}
			at = k.End
		}
		if err == nil && strings.Trim(text[at:], " \t\r\n") != "" {
			t.Fatalf("%q: nothing after %d", text, at)
		}
		_, _ = nginxconf.Parse(text)
	})
}
