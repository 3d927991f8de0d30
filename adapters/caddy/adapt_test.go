package corsaccaddy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files")

// TestAdapt compares the configurations of Caddyfiles with golden files.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/adapt/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive.Files = unwanted(archive.Files)
			dir := t.TempDir()
			for _, f := range archive.Files {
				write(t, filepath.Join(dir, f.Name), string(f.Data))
			}
			got := adapted(t, dir)
			archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
			text := txtar.Format(archive)
			if *update {
				write(t, file, string(text))
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func unwanted(files []txtar.File) (list []txtar.File) {
	for _, f := range files {
		if f.Name != "want" {
			list = append(list, f)
		}
	}
	return list
}

// adapted returns the routes of the Caddyfile in a folder, or the mistakes that Caddy
// reports.
func adapted(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "Caddyfile")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt(text, map[string]any{"filename": file})
	if err != nil {
		return strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "") + "\n"
	}
	if len(warnings) > 0 {
		t.Errorf("%v", warnings)
	}
	if err := validated(config); err != nil {
		t.Error(err)
	}
	var parsed struct {
		Apps struct {
			HTTP struct {
				Servers map[string]struct{ Routes []json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(config, &parsed); err != nil {
		t.Fatal(err)
	}
	routes, err := json.MarshalIndent(parsed.Apps.HTTP.Servers["srv0"].Routes, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(routes) + "\n"
}

// validated does what "caddy validate" does.
func validated(config []byte) error {
	var c caddy.Config
	if err := caddy.StrictUnmarshalJSON(config, &c); err != nil {
		return err
	}
	return caddy.Validate(&c)
}

// TestJSON: mistakes in JSON, where there are no lines.
func TestJSON(t *testing.T) {
	for _, c := range []struct{ handler, want string }{
		{`{}`, `there is no policy; write one, such as "policies": [{"allow_origins": ["https://app.example.com"]}]`},
		{`{"policies": [{"allow_origins": ["https://a.example/"]}]}`, `policies[0].allow_origins[0]: "https://a.example/": an origin has no slash at its end; write "https://a.example"`},
		{`{"policies": [{"allow_origins": ["*"]}], "trial": [{"allow_origins": ["null"]}]}`, `trial[0].allow_origins[0]: "null": `},
		{`{"policies": [{"allow_origin": ["*"]}]}`, `unknown field "allow_origin"`},
		{`{"policies": [{"allow_origins": ["*"], "max_age": "1h"}], "name": "public"}`, ``},
	} {
		handler := strings.Replace(c.handler, "{", `{"handler": "corsac", `, 1)
		handler = strings.Replace(handler, `, }`, `}`, 1)
		err := validated([]byte(`{"admin": {"disabled": true}, "apps": {"http": {"servers": {"a": {"listen": ["127.0.0.1:0"], "routes": [{"handle": [` + handler + `]}]}}}}}`))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.handler, err)
		}
	}
}

// TestReadme: the Caddyfiles of the README are right, and formatted.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```caddyfile\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 3 {
		t.Errorf("%d Caddyfiles", len(blocks))
	}
	for _, b := range blocks {
		if formatted := caddyfile.Format(b[1]); !bytes.Equal(formatted, b[1]) {
			t.Errorf("not as caddy fmt writes it; it writes\n%s", formatted)
		}
		dir := t.TempDir()
		write(t, filepath.Join(dir, "Caddyfile"), string(b[1]))
		write(t, filepath.Join(dir, "corsac.yaml"), "policies: {app: {allow_origins: ["+app+"]}, stricter: {allow_origins: ["+app+"]}}")
		if got := adapted(t, dir); !strings.Contains(got, `"handler": "corsac"`) {
			t.Errorf("%s\n%s", b[1], got)
		}
	}
}
