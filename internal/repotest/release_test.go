package repotest

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const rehearsed = "0.0.1"

// TestRelease rehearses a release in a clone of what is committed. Then it does
// what users do, with nothing but a module proxy: it installs the program and
// imports the library into a module. The proxy is a folder with the archives
// that the go command made from the tags.
func TestRelease(t *testing.T) {
	if os.Getenv("CORSAC_REHEARSE") != "1" {
		t.Skip("builds the whole program from its release; \"make rehearse\" runs it, and so does CI")
	}
	r := thisRepo(t)
	tmp := t.TempDir()
	clone := filepath.Join(tmp, "clone")
	env := rehearsalEnv(t, tmp, clone)

	env.run(t, tmp, "git", "clone", "-q", r.root, clone)
	log := filepath.Join(clone, "CHANGELOG.md")
	if err := os.WriteFile(log, []byte(r.read(t, "CHANGELOG.md")+"\n## ["+rehearsed+"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env.run(t, clone, "git", "commit", "-q", "-a", "-m", "Write the changelog")
	before := env.run(t, clone, "git", "rev-parse", "HEAD")
	env.run(t, clone, "make", "release", "V="+rehearsed)

	if after := env.run(t, clone, "git", "rev-parse", "HEAD"); after != before {
		t.Errorf("make release moved the branch from %s to %s", before, after)
	}
	if changed := env.run(t, clone, "git", "status", "--porcelain"); changed != "" {
		t.Errorf("make release left changes:\n%s", changed)
	}
	tags := strings.Fields(env.run(t, clone, "git", "tag"))
	for _, dir := range []string{"", "policyfile/", "internal/yamlread/", "adapters/caddy/", "adapters/fiber/", programDir + "/"} {
		if !slices.Contains(tags, dir+"v"+rehearsed) {
			t.Fatalf("make release made the tags %q, but not %sv%s", tags, dir, rehearsed)
		}
	}

	proxied := env.publish(t, tmp, tags)
	t.Run("install", func(t *testing.T) { installsProgram(t, proxied, tmp) })
	t.Run("import cors", func(t *testing.T) { imports(t, proxied, ".", "cors", libraryRequires...) })
	t.Run("import policyfile", func(t *testing.T) {
		imports(t, proxied, "policyfile", "policyfile", append(slices.Clone(libraryRequires), "github.com/goccy/go-yaml")...)
	})
	t.Run("twice", func(t *testing.T) {
		if out, err := env.try(clone, "make", "release", "V="+rehearsed); err == nil {
			t.Errorf("a version can be released twice:\n%s", out)
		}
	})
}

func installsProgram(t *testing.T, env environ, tmp string) {
	t.Helper()
	bin := filepath.Join(tmp, "bin")
	env = append(env, "GOBIN="+bin)
	env.run(t, tmp, "go", "install", libraryPath+"/"+programDir+"@v"+rehearsed)
	if out := env.run(t, tmp, filepath.Join(bin, "corsac"), "version"); !strings.Contains(out, rehearsed) {
		t.Errorf("corsac version: %q, which does not say %s", out, rehearsed)
	}
	env.run(t, tmp, filepath.Join(bin, "corsac"), "playground", "-o", filepath.Join(tmp, "playground"))
}

// imports checks that a module of somebody else's can import a package of the
// module in a folder of this repository, and gets only the modules allowed with it.
func imports(t *testing.T, env environ, module, pkg string, allowed ...string) {
	t.Helper()
	dir := t.TempDir()
	src := "package main\n\nimport _ \"" + libraryPath + "/" + pkg + "\"\n\nfunc main() {}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	env.run(t, dir, "go", "mod", "init", "importer.example")
	env.run(t, dir, "go", "get", path.Join(libraryPath, module)+"@v"+rehearsed)
	env.run(t, dir, "go", "mod", "tidy")
	env.run(t, dir, "go", "build", "-o", os.DevNull, ".")
	for _, req := range parseMod(t, &repo{root: dir}, "mod", "go.mod").Require {
		if !under(req.Path, libraryPath) && !slices.Contains(allowed, req.Path) {
			t.Errorf("importers of %s also get %s", pkg, req.Path)
		}
	}
}

// environ is the environment for the commands of the rehearsal.
type environ []string

// rehearsalEnv returns the environment of this process, without a workspace and
// with a user to commit as.
func rehearsalEnv(t *testing.T, tmp, clone string) environ {
	t.Helper()
	config := filepath.Join(tmp, "gitconfig")
	text := "[user]\n\tname = Rehearsal\n\temail = rehearsal@example.invalid\n[safe]\n\tdirectory = *\n" +
		"[url \"file://" + clone + "\"]\n\tinsteadOf = https://" + libraryPath + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// With -trimpath, a package is compiled alike in every module cache.
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -modcacherw -trimpath")
	return append(os.Environ(), "GOWORK=off", "GOFLAGS="+flags, "GIT_CONFIG_GLOBAL="+config, "GIT_TERMINAL_PROMPT=0")
}

// publish makes the go command create the archives of the tags, as a proxy
// does. It returns an environment that gets them from there and all else as
// usual, into an empty module cache.
func (env environ) publish(t *testing.T, tmp string, tags []string) environ {
	t.Helper()
	published := filepath.Join(tmp, "published")
	fetch := append(slices.Clone(env), "GOPRIVATE="+libraryPath, "GOMODCACHE="+published)
	for _, tag := range tags {
		dir, version := "", tag
		if i := strings.LastIndex(tag, "/"); i >= 0 {
			dir, version = tag[:i+1], tag[i+1:]
		}
		fetch.run(t, tmp, "go", "mod", "download", strings.TrimSuffix(libraryPath+"/"+dir, "/")+"@"+version)
	}
	cache, proxy := env.run(t, tmp, "go", "env", "GOMODCACHE"), env.run(t, tmp, "go", "env", "GOPROXY")
	proxies := "file://" + published + "/cache/download,file://" + cache + "/cache/download," + proxy
	return append(slices.Clone(env), "GOPROXY="+proxies, "GONOSUMDB="+libraryPath,
		"GOMODCACHE="+filepath.Join(tmp, "modules"), "GIT_CONFIG_GLOBAL="+os.DevNull)
}

// run runs a command in dir and returns its output, trimmed.
func (env environ) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := env.try(dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (env environ) try(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
