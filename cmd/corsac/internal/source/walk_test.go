package source_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// folder writes files, by name, into a folder and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func walk(t *testing.T, dir string) *source.Tree {
	t.Helper()
	tree, err := source.Walk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func TestWalk(t *testing.T) {
	t.Parallel()
	tree := walk(t, folder(t, map[string]string{
		"app.js": "1", "src/b.js": "", "src/a.js": "", "src/deep/er/c.js": "",
		"node_modules/x/i.js": "", "src/vendor/i.js": "", ".git/config": "", ".hidden/i.js": "", "sub/node_modules/i.js": "",
		"python/pyvenv.cfg": "", "python/lib/i.py": "",
		".gitignore": "*.log\n!keep.log\n/out/\n# comment\n\\#odd\n",
		"x.log":      "", "keep.log": "", "out/i.js": "", "src/out/kept.js": "", "#odd": "",
		"src/.gitignore": "a.js\n!/b.js\ndeep/**/c.js\n", "{a}": "",
	}))
	want := []string{".gitignore", "app.js", "keep.log", "{a}", "src/.gitignore", "src/b.js", "src/out/kept.js"}
	if got := tree.Names("*"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if f := tree.Open("app.js"); f == nil || f.Text != "1" {
		t.Errorf("%v", f)
	}
	if len(tree.Skipped) > 0 {
		t.Errorf("skipped %v", tree.Skipped)
	}
}

// TestWalkInside checks that the rules of folders around the walk count.
func TestWalkInside(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		".git/HEAD": "", ".git/info/exclude": "local.js\n", ".gitignore": "a/b/no.js\n", "a/.gitignore": "secret.js\n/b/nor.js\n",
		"a/b/no.js": "", "a/b/nor.js": "", "a/b/local.js": "", "a/b/c/secret.js": "", "a/b/yes.js": "",
	})
	if got := walk(t, filepath.Join(dir, "a", "b")).Names("*"); !slices.Equal(got, []string{"yes.js"}) {
		t.Errorf("%q", got)
	}
}

// TestWalkAsGit compares what is ignored with git, for random rules.
func TestWalkAsGit(t *testing.T) {
	testenv.Program(t, "git", "git")
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	names := []string{"a", "b", "ab", "a.js", "b.js", "c d", "x[1]", "{a,b}", "!a", "a*b"}
	for range 40 {
		files := map[string]string{}
		for range 25 {
			var parts []string
			for range 1 + random.IntN(3) {
				parts = append(parts, pick(names...))
			}
			name := path.Join(parts...) + pick("", ".txt")
			if runtime.GOOS == "windows" && strings.ContainsAny(name, "*") {
				continue
			}
			files["d/"+name+"/f"] = ""
		}
		for _, where := range []string{".gitignore", "d/.gitignore", "d/a/.gitignore"} {
			var rules []string
			for range random.IntN(5) {
				rules = append(rules, pick("", "", "!")+pick("", "/", "**/")+pick(append(names, "*", "a*", "?", "[ab]", "[!a]", "[^b]*", "**", `\!a`, `a\*b`, "*.js ", "#a", "a/**", "a/**/b", "**/b/f", "d/*", "d/**/f", "a**b")...)+pick("", "", "/", "/f"))
			}
			files[where] = strings.Join(rules, "\n") + "\n"
		}
		dir := folder(t, files)
		git(t, dir, "init", "-q")
		var want []string
		for line := range strings.SplitSeq(git(t, dir, "ls-files", "-z", "--others", "--exclude-standard"), "\x00") {
			if line != "" {
				want = append(want, line)
			}
		}
		got := walk(t, dir).Names("*")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q\nbut git has\n%q\nrules %q, %q, %q", got, want, files[".gitignore"], files["d/.gitignore"], files["d/a/.gitignore"])
		}
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "core.excludesFile="}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v %s", args, err, &errs)
	}
	return string(out)
}

// TestWalkHostile checks links, loops, pipes and what cannot be read.
func TestWalkHostile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	outside := folder(t, map[string]string{"secret.js": "secret"})
	dir := folder(t, map[string]string{"a/app.js": "", "big.js": strings.Repeat("x", source.MaxFile+1), "bin.js": "\xff", "closed/x.js": ""})
	for link, target := range map[string]string{
		"loop": ".", "a/up": "..", "out": outside, "out.js": filepath.Join(outside, "secret.js"), "in.js": "a/app.js", "self": "self",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec.CommandContext(t.Context(), "mkfifo", filepath.Join(dir, "pipe.js")).Run(); err != nil {
		t.Log(err)
	}
	tree := walk(t, dir)
	if got, want := tree.Names("*.js"), []string{"big.js", "bin.js", "a/app.js", "closed/x.js"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for name, ok := range map[string]bool{"in.js": true, "out.js": false, "big.js": false, "bin.js": false, "pipe.js": false, "self": false, "../x": false, "none.js": false} {
		if f := tree.Open(name); (f != nil) != ok {
			t.Errorf("%s: %v", name, f)
		}
	}
	var skipped []string
	for _, s := range tree.Skipped {
		skipped = append(skipped, s.Name+": "+s.Why)
	}
	for i, want := range []string{"../x: ", "big.js: it is larger than 1024 KiB", "bin.js: it is not text in UTF-8", "out.js: it is a link, or below one, that leads out", "pipe.js: it is not a regular file", "self: "} {
		if i >= len(skipped) || !strings.HasPrefix(skipped[i], want) {
			t.Errorf("skipped %q, want %q", skipped, want)
			break
		}
	}
}

// TestAbsoluteLinks checks that links with an absolute path are followed if they stay
// below the folder, as those of Debian's sites-enabled, also if links lead to that.
func TestAbsoluteLinks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	outside := folder(t, map[string]string{"secret": "secret", "nginx-old/secret": "secret"})
	dir := folder(t, map[string]string{"nginx/available/default": "site", "nginx/enabled/README": "", "nginx/mods/x/y": "module"})
	nginx := filepath.Join(dir, "nginx")
	for link, target := range map[string]string{
		"etc": dir, "nginx/enabled/default": filepath.Join(nginx, "available", "default"), "nginx/moved": filepath.Join(dir, "etc", "nginx", "mods"),
		"nginx/enabled/again": "default", "nginx/enabled/secret": filepath.Join(outside, "secret"), "nginx/sibling": nginx + "-old",
		"nginx/up": filepath.Join(nginx, "mods", "..", "..", "nginx", "available"), "nginx/climb": "../nginx/available/default",
		"nginx/round": filepath.Join(nginx, "enabled", "..", "round"), "nginx/dots": nginx + "/mods/../../../" + filepath.Base(outside),
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, root := range []string{nginx, filepath.Join(dir, "etc", "nginx")} {
		tree := walk(t, root)
		for name, want := range map[string]string{
			"enabled/default": "site", "enabled/again": "site", "moved/x/y": "module", "up/default": "site",
			"enabled/secret": "", "sibling/secret": "", "climb": "", "round": "", "dots/secret": "",
		} {
			if name == "moved/x/y" && root == nginx {
				want = "" // the way there is through a folder outside
			}
			if f := tree.Open(name); (f != nil) != (want != "") || f != nil && f.Text != want {
				t.Errorf("%s: %v", name, f)
			}
		}
		if got := tree.Glob("up/*"); !slices.Equal(got, []string{"up/default"}) {
			t.Errorf("%q", got)
		}
		for _, s := range tree.Skipped {
			if s.Name != "round" && s.Why != "it is a link, or below one, that leads out of the folder" {
				t.Errorf("%+v", s)
			}
		}
	}
}

// TestWalkUnreadable needs a user whom permissions bind.
func TestWalkUnreadable(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not bind this user")
	}
	dir := folder(t, map[string]string{"closed/x.js": "", "app.js": ""})
	if err := os.Chmod(filepath.Join(dir, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "closed"), 0o700) })
	tree := walk(t, dir)
	if len(tree.Skipped) != 1 || tree.Skipped[0].Name != "closed" {
		t.Errorf("%v", tree.Skipped)
	}
}

// TestWalkBounds checks that folders within folders end somewhere.
func TestWalkBounds(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{strings.Repeat("d/", 60) + "x.js": "", "y.js": ""})
	tree := walk(t, dir)
	if got := fmt.Sprint(tree.Names("*.js"), len(tree.Skipped)); got != "[y.js] 1" {
		t.Error(got, tree.Skipped)
	}
	if _, err := source.Walk(filepath.Join(dir, "y.js")); err == nil {
		t.Error("a file is no folder")
	}
}

// TestFull checks that files which are too much are one thing to say.
func TestFull(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	var names []string
	for i := range source.MaxTotal/source.MaxFile + 9 {
		name := fmt.Sprintf("%03d", i)
		fsys[name] = &fstest.MapFile{Data: bytes.Repeat([]byte("x"), source.MaxFile)}
		names = append(names, name)
	}
	tree := source.NewTree("", fsys, names)
	if got, want := len(tree.Files("*")), source.MaxTotal/source.MaxFile; got != want {
		t.Errorf("%d files, want %d", got, want)
	}
	if got := fmt.Sprint(tree.Skipped); got != "[{. its files have more than 64 MiB; only the first ones were read}]" {
		t.Error(got)
	}
}

func TestOpen(t *testing.T) {
	dir := folder(t, map[string]string{"a/app.js": "", "a/b.conf": "x", "c.js": "", "w/x.conf": ""})
	t.Chdir(filepath.Join(dir, "a"))
	trees, err := source.Open([]string{"app.js", filepath.Join("..", "w"), "b.conf", "." + string(filepath.Separator) + "app.js", filepath.Join(dir, "c.js")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close(trees) })
	var got []string
	for _, tree := range trees {
		for _, name := range tree.Names("*") {
			got = append(got, filepath.ToSlash(tree.Show(name)))
		}
	}
	if want := []string{"app.js", "b.conf", "../w/x.conf", filepath.ToSlash(dir) + "/c.js"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	trees[0].Treat("b.conf", "*.js")
	if got := trees[0].Names("*.js"); !slices.Equal(got, []string{"app.js", "b.conf"}) {
		t.Errorf("%q", got)
	}
	if _, err := source.Open([]string{"app.js", "none.js"}); err == nil {
		t.Error("a file that does not exist")
	}
	memory := source.Memory(&source.File{Name: "stdin", Text: "x"})
	if f := memory.Open("stdin"); f == nil || f.Text != "x" || memory.Open("other") != nil || len(memory.Skipped) > 0 {
		t.Errorf("%v, %v", f, memory.Skipped)
	}
}

// TestUnreadableText checks what is said about files that are not text in UTF-8.
func TestUnreadableText(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"a.js": "\xff\xfea\x00", "b.js": "\xfe\xff\x00a", "c.js": "a\x00b", "d.js": "\xe9", "e.js": "\uFEFFa", "f.js": ""}
	tree := walk(t, folder(t, texts))
	var names []string
	for _, f := range tree.Files("*") {
		names = append(names, f.Name)
	}
	if got := fmt.Sprint(names, tree.Skipped); got != "[e.js f.js] [{a.js it is text in UTF-16; save it in UTF-8} {b.js it is text in UTF-16; save it in UTF-8} {c.js it is not text: it has a byte 0} {d.js it is not text in UTF-8}]" {
		t.Error(got)
	}
}

// TestIndentUnitOnce checks that what a file indents by is found out once, as it is
// asked for at each edit.
func TestIndentUnitOnce(t *testing.T) {
	f := &source.File{Text: strings.Repeat("a {\n", source.MaxFile/4) + "   b\n"}
	start := time.Now()
	for range 20_000 {
		if f.IndentUnit("\t") != "   " || f.IndentUnit("  ") != "   " {
			t.Fatal(f.IndentUnit("\t"))
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Error(d)
	}
	if flat := (&source.File{Text: "a\nb\n"}); flat.IndentUnit("  ") != "  " || flat.IndentUnit("\t") != "\t" {
		t.Error("the fallback is not that of each call")
	}
}
