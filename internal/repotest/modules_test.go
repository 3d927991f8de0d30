package repotest

import (
	"encoding/json"
	"fmt"
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
	work := parseMod(t, r, "work", "go.work")
	var uses []string
	for _, use := range work.Use {
		uses = append(uses, use.DiskPath)
	}
	if want := []string{".", "./" + programDir}; !slices.Equal(uses, want) {
		breaches = append(breaches, fmt.Sprintf("go.work: uses %q; it lists %q only (docs/decisions/0001)", uses, want))
	}
	return breaches
}

// nestedModule checks that a module of this repository uses the library of this
// repository.
func nestedModule(mod goMod, dir string) (why []string) {
	required, replaced := false, false
	for _, req := range mod.Require {
		required = required || req.Path == libraryPath && req.Version == "v0.0.0"
	}
	up := strings.Repeat("../", strings.Count(dir, "/")+1)
	for _, rep := range mod.Replace {
		replaced = replaced || rep.Old.Path == libraryPath && path.Clean(rep.New.Path) == path.Clean(up)
	}
	if !required {
		why = append(why, fmt.Sprintf("does not require %s v0.0.0", libraryPath))
	}
	if !replaced {
		why = append(why, fmt.Sprintf("does not replace %s => %s", libraryPath, path.Clean(up)))
	}
	return why
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
