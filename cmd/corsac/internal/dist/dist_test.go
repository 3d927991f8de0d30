package dist

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// sample is a release of programs that are a few bytes each.
func sample(t *testing.T) Release {
	t.Helper()
	r := Release{Version: "1.2.3", Time: time.Unix(1_700_000_000, 0), Dir: t.TempDir()}
	put(t, r.Dir, "common/LICENSE", "license")
	put(t, r.Dir, "common/completions/_corsac", "#compdef corsac")
	for _, p := range Platforms {
		put(t, r.Dir, "bin/"+p.String()+"/"+p.executable, "program for "+p.String())
	}
	return r
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// write packs a release, and returns the files that this makes.
func write(t *testing.T, r Release) map[string][]byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	names, err := r.Write(out)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range append(names, "SHA256SUMS") {
		if files[name], err = os.ReadFile(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestWrite checks that two runs give the same bytes, and that the checksums are
// those of the archives.
func TestWrite(t *testing.T) {
	t.Parallel()
	r := sample(t)
	first := write(t, r)
	later := r
	later.Time = later.Time.In(time.FixedZone("elsewhere", 3600))
	if second := write(t, later); !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("the same files do not give the same archives")
	}
	var sums strings.Builder
	for _, name := range slices.Sorted(maps.Keys(first)) {
		if name != "SHA256SUMS" {
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(first[name]), name)
		}
	}
	if got := string(first["SHA256SUMS"]); got != sums.String() || strings.Count(got, "\n") != 13 {
		t.Errorf("SHA256SUMS:\n%s\nwant\n%s", got, &sums)
	}
}

// TestArchives checks what is in the archives.
func TestArchives(t *testing.T) {
	t.Parallel()
	files := write(t, sample(t))
	for name, want := range map[string]string{
		"corsac-1.2.3-linux-arm64.tar.gz":  "corsac-1.2.3-linux-arm64/corsac -rwxr-xr-x, corsac-1.2.3-linux-arm64/LICENSE -rw-r--r--, corsac-1.2.3-linux-arm64/completions/_corsac -rw-r--r--",
		"corsac-1.2.3-windows-amd64.zip":   "corsac-1.2.3-windows-amd64/corsac.exe -rwxr-xr-x, corsac-1.2.3-windows-amd64/LICENSE -rw-r--r--, corsac-1.2.3-windows-amd64/completions/_corsac -rw-r--r--",
		"corsac-1.2.3.tgz":                 "package/package.json -rw-r--r--, package/bin/corsac.js -rwxr-xr-x, package/LICENSE -rw-r--r--, package/completions/_corsac -rw-r--r--",
		"corsac-dev-win32-arm64-1.2.3.tgz": "package/package.json -rw-r--r--, package/bin/corsac.exe -rwxr-xr-x, package/LICENSE -rw-r--r--, package/completions/_corsac -rw-r--r--",
	} {
		got := list(t, files[name])
		slices.Sort(got)
		wanted := strings.Split(want, ", ")
		if slices.Sort(wanted); !slices.Equal(got, wanted) {
			t.Errorf("%s has %q, want %q", name, got, wanted)
		}
	}
	if _, err := (Release{Version: "1.2.3", Dir: t.TempDir()}).Write(t.TempDir()); err == nil {
		t.Error("a release without programs is packed")
	}
}

// list returns the files of an archive, with their modes.
func list(t *testing.T, archive []byte) (names []string) {
	t.Helper()
	if r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive))); err == nil {
		for _, f := range r.File {
			names = append(names, f.Name+" "+f.Mode().String())
		}
		return names
	}
	compressed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(compressed); ; {
		header, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name+" "+header.FileInfo().Mode().String())
	}
}

// TestNPM installs the packages of npm from their archives, offline, and runs the
// program as people do. It builds the program, and takes some seconds.
func TestNPM(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	testenv.Program(t, "apt-get install npm", "npm")
	i := slices.IndexFunc(Platforms, func(p Platform) bool { return p.OS == runtime.GOOS && p.Arch == runtime.GOARCH })
	if i < 0 {
		t.Skipf("releases have no program for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	p := Platforms[i]
	r := Release{Version: "1.2.3", Time: time.Unix(1_700_000_000, 0), Dir: t.TempDir()}
	put(t, r.Dir, "common/LICENSE", "license")
	run(t, filepath.Join("..", ".."), 0, "go", "build", "-trimpath", "-o", filepath.Join(r.Dir, "bin", p.String(), p.executable), ".")
	out, project := filepath.Join(t.TempDir(), "dist"), t.TempDir()
	if _, err := r.Write(out); err != nil {
		t.Fatal(err)
	}
	put(t, project, "package.json", "{}")
	main, program := filepath.Join(out, "corsac-1.2.3.tgz"), filepath.Join(out, "corsac-dev-"+p.node+"-"+p.cpu+"-1.2.3.tgz")
	run(t, project, 0, "npm", "install", "--offline", "--no-audit", "--no-fund", main, program)

	check := []string{"--no", "corsac", "check", "http://localhost:1/", "--origin", "http://localhost:3000", "--passive"}
	if said := run(t, project, 1, "npx", check...); !strings.Contains(said, "net::ERR_UNSAFE_PORT") {
		t.Errorf("npx corsac check printed\n%s", said)
	}
	if err := os.RemoveAll(filepath.Join(project, "node_modules", "@corsac-dev")); err != nil {
		t.Fatal(err)
	}
	if said := run(t, project, 3, "npx", check...); !strings.Contains(said, "install corsac again on this system") {
		t.Errorf("without the package of the platform, npx corsac check printed\n%s", said)
	}
}

// run runs a program that must end with a status, and returns what it prints.
func run(t *testing.T, dir string, status int, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_update_notifier=false")
	text, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("%s %s: status %d, want %d: %v\n%s", name, strings.Join(args, " "), got, status, err, text)
	}
	return string(text)
}
