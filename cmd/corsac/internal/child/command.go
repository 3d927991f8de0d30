package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CommandError is the error if a command cannot be started.
type CommandError struct {
	Command  string
	Why, Fix string
	Err      error
}

// Error says why, without the fix.
func (e *CommandError) Error() string { return e.Why }

// Unwrap returns the error of the system, if there is one.
func (e *CommandError) Unwrap() error { return e.Err }

// EndedError is the error if a command has ended, so that it has no address.
type EndedError struct{ Status int }

// Error says with which status.
func (e *EndedError) Error() string {
	return fmt.Sprintf("the web server ended with status %d", e.Status)
}

// lookup returns the path of a command as a shell finds it that is in dir. On
// Windows it finds npm.cmd for npm.
func lookup(args []string, dir string) (string, error) {
	if len(args) == 0 || args[0] == "" {
		return "", &CommandError{Why: "there is no command", Fix: "write it after two dashes: corsac dev -- npm run dev"}
	}
	name := args[0]
	if dir != "" && !filepath.IsAbs(name) && strings.ContainsAny(name, pathSeparators) {
		name = filepath.Join(dir, name)
	}
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", commandError(args, dir, err)
	}
	return path, nil
}

// pathSeparators are those of all systems: a name that has one is a path.
const pathSeparators = `/` + string(filepath.Separator)

// commandError explains why a command was not found.
func commandError(args []string, dir string, err error) *CommandError {
	name := args[0]
	e := &CommandError{Command: name, Why: fmt.Sprintf("there is no command %q", name), Err: err}
	first, rest, spaced := strings.Cut(name, " ")
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Why, e.Fix = fmt.Sprintf("%q is not executable", name), "make it executable, or write the program that runs it in front of it"
	case errors.Is(err, exec.ErrDot):
		e.Why, e.Fix = fmt.Sprintf("%q is in this folder, which is not in PATH", name), "write ."+string(filepath.Separator)+name
	case spaced && rest != "" && len(args) == 1:
		e.Fix = "write the command without quotes around it: corsac dev -- " + name
		if strings.ContainsAny(name, "&|;$<>") {
			e.Fix = "write a shell in front of it: corsac dev -- sh -c " + `"` + first + ` …"`
		}
	case isExecutable(filepath.Join(dir, "node_modules", ".bin", name)):
		e.Fix = "it is in node_modules: write npx in front of it, or run a script of package.json with npm run"
	default:
		e.Fix = "correct its name, or install it; what a shell knows by itself needs the shell in front of it, as in sh -c"
	}
	return e
}

func isExecutable(path string) bool {
	for _, ending := range []string{"", ".cmd"} {
		if info, err := os.Stat(path + ending); err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// startError explains the error of a command that exists and does not start.
func startError(name string, err error) *CommandError {
	return &CommandError{
		Command: name, Why: fmt.Sprintf("%s does not start: %v", name, err), Err: err,
		Fix: "run it without corsac to see what is wrong",
	}
}

// isBatch reports whether a file is a script of cmd.exe, such as npm.cmd, of which
// Windows does not say how its arguments must be quoted.
func isBatch(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".cmd" || ending == ".bat"
}

// batchLine returns the command line that runs a script of cmd.exe. Every word is in
// quotes, in which cmd.exe leaves only quotes and percent signs special:
//
//   - A quote is doubled, which also keeps their number even for the script, if that
//     passes its arguments on with %*.
//   - A percent sign comes after a variable that is expanded to nothing, so that it
//     does not begin a variable's name.
//
// Delayed expansion, of exclamation marks, is off.
func batchLine(path string, args []string) (string, error) {
	var b strings.Builder
	b.WriteString(`cmd.exe /d /e:ON /v:OFF /s /c "`)
	for i, word := range append([]string{path}, args...) {
		if strings.ContainsAny(word, "\x00\r\n") || i == 0 && strings.ContainsAny(word, `"%`) {
			return "", &CommandError{
				Command: path, Why: fmt.Sprintf("cmd.exe cannot get %q as one word", word),
				Fix: "put it into a script of package.json, or into a file",
			}
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(batchWord(word))
	}
	return b.String() + `"`, nil
}

// batchWord quotes a word. Programs read backslashes in front of a quote as escapes,
// so these are doubled.
func batchWord(word string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, c := range []byte(word) {
		switch c {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes) + `"`)
			slashes = 0
		case '%':
			b.WriteString("%%cd:~,")
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(c)
	}
	return b.String() + strings.Repeat(`\`, slashes) + `"`
}
