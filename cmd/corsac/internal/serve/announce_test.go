package serve_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestAnnounceRoute checks that the origins are those of the policy, and not of the one on
// trial, and that an exact path does not look like a prefix.
func TestAnnounceRoute(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	for options, want := range map[string]string{
		"":                           "policy app: https://app.example.com\n",
		", trial: next":              "policy app: https://app.example.com; on trial, policy next\n",
		", exact: true":              "  / (exact)  →",
		", trial: next, rollout: 5%": "policy app: https://app.example.com; for 5 % of the origins, policy next\n",
	} {
		write(t, file, `policies: {app: {allow_origins: [https://app.example.com]}, next: {allow_origins: [https://other.example]}}
gateway: {listen: ":8080", routes: [{path: /, upstream: "http://127.0.0.1:9000", policy: app`+options+`}]}
`)
		var f config.File
		if err := f.Set(file); err != nil {
			t.Fatal(err)
		}
		c, err := f.Load(nil)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if (&serve.Runner{Config: c}).Announce(&b, terminal.Palette{}, "127.0.0.1:8080"); !strings.Contains(b.String(), want) {
			t.Errorf("%q: %s", options, &b)
		}
	}
}

// TestAnnouncedCommand runs the command to try. There is none where none is known to work.
func TestAnnouncedCommand(t *testing.T) {
	sh := testenv.Program(t, "apt install dash", "sh")
	testenv.Program(t, "apt install curl", "curl")
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	secure := func(names ...string) func(dir, upstream string) string {
		return func(dir, upstream string) string {
			certificate(t, dir, 1, names...)
			return secureFile(upstream, "{certificates: [{cert: \""+names[0]+".pem\", key: \""+names[0]+".key\"}]}")
		}
	}
	atHost := func(host string, of func(dir, upstream string) string) func(dir, upstream string) string {
		return func(dir, upstream string) string {
			return strings.Replace(of(dir, upstream), "{path: /,", "{path: /, host: \""+host+"\",", 1)
		}
	}
	everywhere := func(of func(dir, upstream string) string) func(dir, upstream string) string {
		return func(dir, upstream string) string { return strings.Replace(of(dir, upstream), "127.0.0.1:0", ":0", 1) }
	}
	plain := func(_, upstream string) string { return fileFor(upstream, first, "127.0.0.1:0") }
	local := func(_, upstream string) string { return secureFile(upstream, "{local: true}") }
	for name, c := range map[string]struct {
		text func(dir, upstream string) string
		has  string // of the command; "" if there is none
	}{
		"plain":               {plain, "http://127.0.0.1:"},
		"plain host":          {atHost("*.a.example", plain), "-H 'Host: www.a.example'"},
		"plain everywhere":    {everywhere(plain), "http://localhost:"},
		"own certificate":     {secure("a.example", "b.example"), "--resolve a.example:"},
		"other name":          {atHost("b.example", secure("a.example", "b.example")), "https://b.example:"},
		"wildcards":           {atHost("*.a.example", secure("*.a.example")), "https://www.a.example:"},
		"everywhere":          {everywhere(secure("a.example")), ":127.0.0.1 "},
		"localhost":           {secure("localhost"), "https://localhost:"},
		"its address":         {secure("127.0.0.1"), "https://127.0.0.1:"},
		"address, everywhere": {everywhere(secure("127.0.0.1")), "https://127.0.0.1:"},
		"another address":     {secure("127.0.0.2"), ""},
		"only expressions": {func(dir, upstream string) string {
			return strings.Replace(plain(dir, upstream), `allow_origins: ["`+first+`"]`, `dangerously_allow_origin_regexps: ["https://[a-z]+[.]example"]`, 1)
		}, ""},
		"another name": {atHost("c.example", secure("a.example")), ""},
		"ended": {func(dir, upstream string) string {
			text := secure("a.example")(dir, upstream)
			certificateUntil(t, dir, 1, time.Now().Add(-time.Minute), "a.example")
			return text
		}, ""},
		"local CA":              {local, "https://localhost:"},
		"local CA everywhere":   {everywhere(local), "https://localhost:"},
		"local CA, below":       {atHost("api.localhost", local), "https://api.localhost:"},
		"local CA, its address": {atHost("127.0.0.1", local), "https://127.0.0.1:"},
		"local CA elsewhere":    {atHost("a.example", local), ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "it's here")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			s := run(t, filepath.Join(dir, "corsac.yaml"), c.text(dir, echo(t)), nil)
			var b strings.Builder
			s.Announce(&b, terminal.Palette{}, strings.TrimPrefix(s.url, "http://"))
			_, command, found := strings.Cut(b.String(), "try: ")
			if found != (c.has != "") || !strings.Contains(command, c.has) {
				t.Fatalf("%s", &b)
			}
			if !found {
				return
			}
			cmd := exec.CommandContext(t.Context(), sh, "-c", command)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if err != nil || !strings.Contains(string(out), " 200") || !strings.Contains(strings.ToLower(string(out)), "access-control-allow-origin: "+first) {
				t.Errorf("%s: %v\n%s%s", command, err, out, &errs)
			}
		})
	}
}
