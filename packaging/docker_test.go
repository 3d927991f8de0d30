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

// TestDockerfile checks that each image has one program, without a shell, and does not run
// it as root.
func TestDockerfile(t *testing.T) {
	built := map[string]instructions.Stage{}
	var images []string
	for _, s := range stages(t) {
		built[s.Name] = s
		if strings.HasPrefix(s.BaseName, "gcr.io/distroless/static") && strings.HasSuffix(s.BaseName, ":nonroot") {
			images = append(images, checkImage(t, s, built))
		}
	}
	if !slices.Equal(images, []string{"/usr/local/bin/corsac-extproc", "/usr/local/bin/corsac"}) {
		t.Errorf("the images run %q; the last one is the default", images)
	}
	if text := string(read(t, "docker/Dockerfile")); strings.Count(text, "CGO_ENABLED=0") != 1 {
		t.Error("the programs are not static")
	}
}

// checkImage checks an image, and returns the program that it runs. built are the stages
// before it.
func checkImage(t *testing.T, image instructions.Stage, built map[string]instructions.Stage) (program string) {
	t.Helper()
	user, copied, entry := "", "", []string(nil)
	for _, c := range image.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.CopyCommand:
			if copied += c.DestPath; !builds(built[c.From], c.SourcePaths[0]) {
				t.Errorf("%s copies what the stage %q does not build", c, c.From)
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
	if !numeric.MatchString(user) || len(entry) != 1 || entry[0] != copied {
		t.Errorf("user %q, copied %q, entry point %q", user, copied, entry)
	}
	return copied
}

// builds reports whether a stage builds a program, from the folder of its name.
func builds(s instructions.Stage, program string) bool {
	return slices.ContainsFunc(s.Commands, func(c instructions.Command) bool {
		run, ok := c.(*instructions.RunCommand)
		if !ok {
			return false
		}
		line := strings.Join(run.CmdLine, " ")
		return strings.HasSuffix(line, "-o "+program+" .") && regexp.MustCompile(` -C \S*`+program+` `).MatchString(line)
	})
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
	files := []string{"go.mod", "policyfile/go.mod", "internal/yamlread/go.mod"}
	var out []byte
	for _, program := range []string{"cmd/corsac", "cmd/corsac/corsac-extproc"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,GoFiles,EmbedFiles,Module", ".")
		cmd.Dir = filepath.Join(root, filepath.FromSlash(program))
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "CGO_ENABLED=0")
		list, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, list...)
		files = append(files, program+"/go.mod", program+"/go.sum")
	}
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
