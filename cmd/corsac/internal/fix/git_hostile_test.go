package fix_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// repository returns a folder with a.conf and sub/a.conf, which are committed, and a function that
// runs git in it.
func repository(t *testing.T) (dir string, git func(args ...string)) {
	t.Helper()
	testenv.Program(t, "git", "git")
	dir, _ = project(t, map[string]string{"a.conf": "old\n", "sub/a.conf": "old\n"})
	git = func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@x.example"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "one")
	return dir, git
}

// put writes a file below a folder.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestGitStartsNothing checks that no program is started that a repository of
// somebody else names: a filter, a monitor, or a remote that has what is missing.
func TestGitStartsNothing(t *testing.T) {
	for name, prepare := range map[string]func(dir, program string, git func(args ...string)){
		"filter": func(dir, program string, git func(args ...string)) {
			git("config", "filter.x.clean", program)
			git("config", "filter.x.process", program)
			put(t, dir, ".gitattributes", "* filter=x\n")
			put(t, dir, "sub/a.conf", "old\n")
		},
		"monitor": func(_, program string, git func(args ...string)) { git("config", "core.fsmonitor", program) },
		"remote": func(dir, program string, git func(args ...string)) {
			git("config", "remote.origin.url", "ext::"+program)
			git("config", "protocol.ext.allow", "always")
			git("config", "remote.origin.promisor", "true")
			git("config", "core.repositoryformatversion", "1")
			git("config", "extensions.partialclone", "origin")
			removeObjects(t, dir)
		},
		"embedded": func(dir, program string, git func(args ...string)) {
			if err := os.CopyFS(filepath.Join(dir, "sub"), os.DirFS(filepath.Join(dir, ".git"))); err != nil {
				t.Fatal(err)
			}
			git("config", "--file", filepath.Join(dir, "sub", "config"), "core.fsmonitor", program)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, git := repository(t)
			executed := filepath.Join(t.TempDir(), "executed")
			prepare(dir, "touch "+filepath.ToSlash(executed), git)
			tree := walk(t, dir)
			fix.Write(t.Context(), tree, one(t, tree, "sub/a.conf"), false)
			if _, err := os.Lstat(executed); err == nil {
				t.Error("a program of the repository was started")
			}
		})
	}
}

// removeObjects removes the trees and files of a repository, not its commits.
func removeObjects(t *testing.T, dir string) {
	t.Helper()
	head, err := exec.CommandContext(t.Context(), "git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	commit := strings.TrimSpace(string(head))
	files, err := filepath.Glob(filepath.Join(dir, ".git", "objects", "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(filepath.Dir(file))+filepath.Base(file) != commit {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestGitOverlooks checks that a file with changes is not written that git is set
// to overlook.
func TestGitOverlooks(t *testing.T) {
	for _, flag := range []string{"--assume-unchanged", "--skip-worktree"} {
		dir, git := repository(t)
		git("update-index", flag, "a.conf")
		put(t, dir, "a.conf", "old, changed\n")
		tree := walk(t, dir)
		if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), false); o.Err == nil || text(t, dir, "a.conf") != "old, changed\n" {
			t.Errorf("%s: %+v", flag, o)
		}
	}
}

// TestGitLineEnds checks that a file may be written whose line ends git has
// converted, and not one that has other changes as well.
func TestGitLineEnds(t *testing.T) {
	for text, refused := range map[string]bool{"old\r\n": false, "old\r\nmore\r\n": true, "old\r\n\r\n": true, "old": true} {
		dir, git := repository(t)
		git("config", "core.autocrlf", "true")
		put(t, dir, "a.conf", text)
		tree := walk(t, dir)
		if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), false); (o.Err != nil) != refused {
			t.Errorf("%q: %+v", text, o)
		}
	}
}

// TestGitLarge checks that a committed file that is far larger than the one in the
// folder is not read into memory, and that a repository without a commit has none.
func TestGitLarge(t *testing.T) {
	dir, git := repository(t)
	put(t, dir, "a.conf", strings.Repeat("x", 20<<20))
	git("commit", "-qam", "two")
	put(t, dir, "a.conf", "old\n")
	tree := walk(t, dir)
	if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), false); o.Err == nil || !strings.Contains(o.Err.Error(), "not committed") {
		t.Errorf("%+v", o)
	}
	git("update-ref", "-d", "HEAD")
	if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), false); o.Err == nil || !strings.Contains(o.Err.Error(), "never committed") {
		t.Errorf("%+v", o)
	}
}

// TestDiffNames checks that git apply reads the diff of a file of any name, and
// that no name adds lines to it.
func TestDiffNames(t *testing.T) {
	for _, name := range []string{
		"a b.conf", "a\"b.conf", `a\b.conf`, "a\tb.conf", " a.conf ", "é.conf", "a\x1b[31m.conf", "-a.conf",
		"x\n+++ b/victim", "x.conf\n--- a/victim\n+++ b/victim\n@@ -1 +1 @@\n-old\n+new",
	} {
		dir, git := repository(t)
		put(t, dir, "victim", "old\n")
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(full, []byte("old\n"), 0o600); err != nil {
			t.Skip(err)
		}
		tree := walk(t, dir)
		p := one(t, tree, name)
		put(t, dir, ".git/patch", p.Diff())
		git("apply", ".git/patch")
		if got := text(t, full); got != "new old\n" || text(t, dir, "victim") != "old\n" {
			t.Errorf("%q: %q; the diff was %q", name, got, p.Diff())
		}
	}
}
