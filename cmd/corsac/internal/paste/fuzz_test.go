package paste_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
)

// FuzzParse checks what callers rely on, for any paste.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`curl 'https://x.example/' -H 'a: b' --data-raw $'a\'\u0021\ud83d\ude00'`, "curl ^\"https://x.example/^%^20^\" ^\n  -H ^\"x: ^\\^\"q^\\^\"^\"",
		`fetch("https://x.example/", {"headers": {"a": "b"}, "body": "{\"a\":1}", "method": "POST"});`,
		"const a = `x${1}`; fetch(a + 'b', {body: JSON.stringify({a: [1, ...b]}), headers: new Headers([['a', 'b']])})",
		"curl -F a=b --url-query c -G x && curl -I -- y | z", "```\ncurl x\n```",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []paste.Format{paste.Auto, paste.Curl, paste.Fetch} {
			requests, err := paste.Parse(text, format, nil)
			if (err == nil) == (len(requests) == 0) {
				t.Fatalf("%d requests, %v", len(requests), err)
			}
			for _, r := range requests {
				if r.Script == nil || r.Script.Body == nil && r.Body != nil {
					t.Fatalf("%+v", r)
				}
				for _, name := range []string{"Cookie", "Origin", "Referer", "User-Agent", "Host"} {
					if v := r.Script.Headers.Get(name); v != "" && format != paste.Fetch {
						t.Fatalf("script sets %s: %q", name, v)
					}
				}
			}
		}
	})
}

// FuzzWords quotes words as browsers do for each shell, and reads them back.
func FuzzWords(f *testing.F) {
	f.Add("it's \"so\" \\ !", "a\nb\té %PATH% ^&|<>")
	f.Add("", "$HOME `id` \x01")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsAny(a+b, "\x00\r") || strings.Contains(a+b, "\ufffd") {
			return
		}
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		got, err := paste.PosixWords("curl " + quotePosix(a) + " \\\n " + quotePosix(b))
		if err != nil || !slices.Equal(got, []string{"curl", a, b}) {
			t.Errorf("posix: %q, %v", got, err)
		}
		if got := paste.CmdWords("curl " + quoteCmd(a) + " ^\r\n " + quoteCmd(b)); !slices.Equal(got, []string{"curl", a, b}) {
			t.Errorf("cmd: %s: %q", quoteCmd(a), got)
		}
	})
}

var special = regexp.MustCompile(`[\x00-\x1f\x7f-\x{9f}!']`)

// quotePosix quotes a word as Chromium's developer tools do.
func quotePosix(s string) string {
	if !special.MatchString(s) {
		return "'" + s + "'"
	}
	const hex = "0123456789abcdef"
	s = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(s)
	return "$'" + special.ReplaceAllStringFunc(s, func(c string) string {
		if c == "'" {
			return c // already escaped
		}
		r := []rune(c)[0]
		return `\u00` + string(hex[r>>4]) + string(hex[r&15])
	}) + "'"
}

var meaning = regexp.MustCompile(`[^a-zA-Z0-9\s_\-:=+~'/.',?;()*` + "`" + `]`)

// quoteCmd quotes a word for cmd.exe and Microsoft's C runtime as Chromium's
// developer tools do.
func quoteCmd(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`)
	s = meaning.ReplaceAllString(s, "^$0")
	return `^"` + strings.ReplaceAll(s, "\n", "^\n\n") + `^"`
}
