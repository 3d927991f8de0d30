package packaging_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// stages returns the stages of the Dockerfile, as BuildKit reads it.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	parsed, err := parser.Parse(bytes.NewReader(read(t, "docker/Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Errorf("%s: %s", w.Short, w.Detail)
	}
	warn := func(rule, description, _, message string, _ []parser.Range) {
		t.Errorf("%s: %s (%s)", rule, message, description)
	}
	list, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var numeric = regexp.MustCompile(`^[1-9][0-9]*(:[1-9][0-9]*)?$`)

// TestDockerfile checks that the image has one file, without a shell, and does not run
// it as root.
func TestDockerfile(t *testing.T) {
	list := stages(t)
	last := list[len(list)-1]
	if len(list) != 2 || !strings.HasPrefix(last.BaseName, "gcr.io/distroless/static") || !strings.HasSuffix(last.BaseName, ":nonroot") {
		t.Errorf("%d stages; the last is based on %s", len(list), last.BaseName)
	}
	user, copies, entry := "", 0, []string(nil)
	for _, c := range last.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.CopyCommand:
			copies++
			if c.From != list[0].Name {
				t.Errorf("%s does not copy from the stage before", c)
			}
		case *instructions.EntrypointCommand:
			if entry = c.CmdLine; c.PrependShell {
				t.Errorf("%s needs a shell", c)
			}
		case *instructions.CmdCommand:
			if c.PrependShell {
				t.Errorf("%s needs a shell", c)
			}
		case *instructions.RunCommand, *instructions.AddCommand, *instructions.HealthCheckCommand:
			t.Errorf("%s cannot work in an image of one file, or should not", c)
		}
	}
	if !numeric.MatchString(user) || copies != 1 || len(entry) != 1 || !filepath.IsAbs(entry[0]) {
		t.Errorf("user %q, %d copies, entry point %q", user, copies, entry)
	}
	if text := string(read(t, "docker/Dockerfile")); strings.Count(text, "CGO_ENABLED=0") != 1 {
		t.Error("the program is not static")
	}
}

// TestDockerignore checks that the context of the build has all that the program is
// made of. It asks go list.
func TestDockerignore(t *testing.T) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(read(t, "docker/Dockerfile.dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,GoFiles,EmbedFiles,Module", ".")
	cmd.Dir = filepath.Join(root, "cmd", "corsac")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"go.mod", "cmd/corsac/go.mod", "cmd/corsac/go.sum", "policyfile/go.mod", "internal/yamlread/go.mod"}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p struct {
			Dir                 string
			GoFiles, EmbedFiles []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		dir, err := filepath.Rel(root, p.Dir)
		if err != nil || strings.HasPrefix(dir, "..") {
			continue // of a module from elsewhere
		}
		for _, name := range slices.Concat(p.GoFiles, p.EmbedFiles) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	for _, name := range files {
		if is, err := ignored.MatchesOrParentMatches(name); err != nil || is {
			t.Errorf("%s is not in the context: %v", name, err)
		}
	}
	if len(files) < 500 {
		t.Errorf("only %d files", len(files))
	}
	if is, err := ignored.MatchesOrParentMatches(".git/config"); err != nil || !is {
		t.Errorf(".git is in the context: %v", err)
	}
}

var stamped = regexp.MustCompile(`-X (?:github\.com/corsac-dev/corsac|\$library)/(\S+)\.(\w+)=`)

// TestStamps checks that the versions of what is released go where the programs look for
// them: the linker says nothing about a variable that is not there.
func TestStamps(t *testing.T) {
	for _, file := range []string{"docker/Dockerfile", "../scripts/dist"} {
		stamps := stamped.FindAllStringSubmatch(string(read(t, file)), -1)
		if builds := strings.Count(string(read(t, file)), "-ldflags"); len(stamps) != builds || builds == 0 {
			t.Errorf("%s: %d versions in %d builds", file, len(stamps), builds)
		}
		for _, s := range stamps {
			sources, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(s[1]), "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(sources, func(name string) bool { return strings.Contains(string(read(t, name)), "\nvar "+s[2]+" string\n") }) {
				t.Errorf("%s: %s has no variable %s", file, s[1], s[2])
			}
		}
	}
}
