package repotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const goVersion = "1.26.0"

// goMod is the part of what "go mod edit -json" and "go work edit -json" print
// that the rules need.
type goMod struct {
	Module struct{ Path string }
	Go     string
	Tool   []struct{ Path string }

	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
	Use []struct{ DiskPath string }
}

// libraryRequires is all that importers of the library get with it; x/text
// comes with x/net's IDNA.
var libraryRequires = []string{"golang.org/x/net", "golang.org/x/text"}

// modules checks docs/decisions/0001: what the library requires, and how nested
// modules find it.
func modules(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, name := range r.files {
		if path.Base(name) != "go.mod" || inTestdata(name) {
			continue
		}
		breach := func(format string, args ...any) {
			breaches = append(breaches, name+": "+fmt.Sprintf(format, args...))
		}
		dir := path.Dir(name)
		mod := parseMod(t, r, "mod", name)
		if want := path.Join(libraryPath, dir); mod.Module.Path != want {
			breach("module %s; its folder makes it %s", mod.Module.Path, want)
		}
		if mod.Go != goVersion {
			breach("go %s; every module says go %s", mod.Go, goVersion)
		}
		switch dir {
		case "tools":
		case ".":
			for _, req := range mod.Require {
				if !slices.Contains(libraryRequires, req.Path) {
					breach("requires %s; the library requires at most %s", req.Path, strings.Join(libraryRequires, ", "))
				}
			}
			if len(mod.Tool)+len(mod.Replace) > 0 {
				breach("has a tool or replace line; tools are pinned in tools/go.mod")
			}
		default:
			for _, why := range nestedModule(mod, dir) {
				breach("%s", why)
			}
		}
	}
	return append(breaches, workspace(t, r)...)
}

// nestedModule checks that a module of this repository uses the library and the
// other modules of this repository.
func nestedModule(mod goMod, dir string) (why []string) {
	up := strings.Repeat("../", strings.Count(dir, "/")+1)
	required := map[string]bool{libraryPath: false}
	for _, req := range mod.Require {
		if under(req.Path, libraryPath) {
			required[req.Path] = req.Version == "v0.0.0"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(required)) {
		folder := path.Clean(up + strings.TrimPrefix(name, libraryPath))
		replaced := false
		for _, rep := range mod.Replace {
			replaced = replaced || rep.Old.Path == name && path.Clean(rep.New.Path) == folder
		}
		if !required[name] {
			why = append(why, fmt.Sprintf("does not require %s v0.0.0", name))
		}
		if !replaced {
			why = append(why, fmt.Sprintf("does not replace %s => %s", name, folder))
		}
	}
	return why
}

// workspace checks that go.work lists the library, the program, and the modules of
// this repository that the program requires.
func workspace(t *testing.T, r *repo) []string {
	t.Helper()
	want := []string{".", "./" + programDir}
	for _, req := range parseMod(t, r, "mod", programDir+"/go.mod").Require {
		if dir, ok := strings.CutPrefix(req.Path, libraryPath+"/"); ok {
			want = append(want, "./"+dir)
		}
	}
	var uses []string
	for _, use := range parseMod(t, r, "work", "go.work").Use {
		uses = append(uses, use.DiskPath)
	}
	slices.Sort(want)
	if slices.Equal(uses, want) {
		return nil
	}
	return []string{fmt.Sprintf("go.work: uses %q; it lists %q only (docs/decisions/0001)", uses, want)}
}

// TestWorkspaceSums checks that go.work.sum is as the go command writes it when it
// loads all modules of the workspace, as "go doc" does: otherwise that changes the
// file in a clone.
func TestWorkspaceSums(t *testing.T) {
	r := thisRepo(t)
	tmp := t.TempDir()
	names := []string{"go.work", "go.work.sum"}
	for _, use := range parseMod(t, r, "work", "go.work").Use {
		names = append(names, path.Join(use.DiskPath, "go.mod"), path.Join(use.DiskPath, "go.sum"))
	}
	for _, name := range names {
		copied := filepath.Join(tmp, name)
		if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied, []byte(r.read(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "all")
	cmd.Dir, cmd.Env = tmp, append(os.Environ(), "GOWORK="+filepath.Join(tmp, "go.work"), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("go list -m all: %v\n%s", err, out)
		}
		t.Skipf("without a module proxy, perhaps: %v\n%s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(tmp, "go.work.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range changes(strings.ReplaceAll(r.read(t, "go.work.sum"), "\n", "\n\n"), strings.ReplaceAll(string(got), "\n", "\n\n")) {
		t.Errorf("go.work.sum: %s; run \"go list -m all\" without GOWORK=off", line)
	}
}

func parseMod(t *testing.T, r *repo, kind, name string) goMod {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", kind, "edit", "-json", filepath.Join(r.root, name))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	var mod goMod
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	return mod
}
