package shell

import (
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Reader says how the person who reads commands types them.
type Reader struct {
	// Program are the words that start corsac, such as "go run ./cmd/corsac".
	Program []string
	// Windows is true if the shell is PowerShell or cmd.exe.
	Windows bool
}

// reader is the one whom [Command] and [Lines] write for.
var reader = Reader{Program: []string{"corsac"}, Windows: runtime.GOOS == "windows"}

// WriteFor makes [Command] and [Lines] write for a reader. The program calls it
// once, at its start.
func WriteFor(r Reader) { reader = r }

// Process is what a process knows about how it was started.
type Process struct {
	System     string // as runtime.GOOS
	Executable string // its own path
	Typed      string // the first word of its command line
	Version    string // of its module, or "(devel)"
	Getenv     func(name string) string
	IsFile     func(name string) bool   // relative to the working directory
	Find       func(name string) string // the path of a program that shells find, or ""
}

// built matches the folders into which go run builds programs: one for a single
// run, or one of Go's cache.
var built = regexp.MustCompile(`/go-build[0-9]+/b[0-9]+/exe$|/[0-9a-f]{64}-d$`)

// Reader returns how the person who started the process types commands.
func (p Process) Reader() Reader {
	return Reader{Program: p.program(), Windows: p.System == "windows" && p.Getenv("MSYSTEM") == ""} // set in Git's shell
}

func (p Process) program() []string {
	executable := strings.ReplaceAll(p.Executable, `\`, "/")
	switch {
	case built.MatchString(path.Dir(executable)):
		return p.goRun()
	case p.Getenv("npm_command") == "exec":
		return []string{"npx", "corsac"}
	case strings.ContainsAny(p.Typed, `/\`) && p.Find("corsac") == "":
		return []string{p.Typed}
	}
	return []string{"corsac"}
}

// goRun returns the words for a program that go run has built.
func (p Process) goRun() []string {
	for _, dir := range []string{"./cmd/corsac", "."} {
		if p.IsFile(path.Join(dir, "internal/cli/cli.go")) {
			return []string{"go", "run", dir}
		}
	}
	if strings.HasPrefix(p.Version, "v") {
		return []string{"go", "run", "github.com/corsac-dev/corsac/cmd/corsac@" + p.Version}
	}
	return []string{"corsac"}
}

// command returns a command line for a reader. In it, corsac is started as the
// reader starts it.
func (r Reader) command(words []string) string {
	if len(words) > 0 && words[0] == "corsac" {
		words = slices.Concat(r.Program, words[1:])
	}
	if r.Windows {
		return join(words, WindowsWord)
	}
	return join(words, Word)
}

func (r Reader) lines(command string) []string {
	if r.Windows {
		return strings.Split(command, " && ")
	}
	return []string{command}
}
