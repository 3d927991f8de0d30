package fix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gitTime is how long git may take.
const gitTime = 30 * time.Second

// versioned reports whether a file with a text is under version control, so that its last
// version can be had again. The error says why it may not be: it has changes that
// nobody has committed, or that cannot be found out.
func versioned(ctx context.Context, file, text string) (bool, error) {
	switch control(filepath.Dir(file)) {
	case "":
		return false, nil
	case ".git":
		return committed(ctx, file, text)
	}
	return true, errors.New("corsac can ask only git whether it has changes that are not committed")
}

// control returns the name of the folder of the version control that a folder is
// under, or "".
func control(dir string) string {
	for {
		for _, name := range []string{".git", ".hg", ".svn", ".jj"} {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return name
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// committed asks git whether the last commit has a file as it is. A file that git
// ignores is not under version control.
//
// The repository may be somebody else's: its settings can name programs, and git
// status starts some of them, such as filters. Only commands are used that compare
// nothing themselves. They also see changes of files that git is set to overlook.
func committed(ctx context.Context, file, text string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	_, err := git(ctx, file, "", 0, "check-ignore", "--quiet", "./"+filepath.Base(file))
	if exit := (*exec.ExitError)(nil); err == nil || !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return err != nil, cannotSay(err)
	}
	if strings.Contains(filepath.Base(file), "\n") {
		return true, errors.New("git cannot be asked about a name with a line end in it")
	}
	// A line says what the object is, then its text follows. Of one that is much
	// longer than the file, the beginning is enough.
	out, err := git(ctx, file, "HEAD:./"+filepath.Base(file)+"\n", len(text)+maxPath, "cat-file", "--batch")
	if err != nil {
		return true, cannotSay(err)
	}
	head, blob, _ := strings.Cut(out, "\n")
	switch words := strings.Fields(head); {
	case strings.HasSuffix(head, " missing"):
		return true, errors.New("it was never committed, so that git does not have the version that it is now")
	case len(words) == 3 && words[1] == "blob" && same(strings.TrimSuffix(blob, "\n"), text):
		return true, nil
	}
	return true, errors.New("it has changes that are not committed")
}

// maxPath is more than the line before an object has.
const maxPath = 8 << 10

// same reports whether a file is as it was committed. All its line ends may have
// been converted, as git does for Windows.
func same(committed, text string) bool {
	return text == committed || !strings.Contains(committed, "\r") && text == strings.ReplaceAll(committed, "\n", "\r\n")
}

// git runs git in the folder of a file, and returns the first bytes of what it
// prints. It starts no program that the repository names: no monitor of the file
// system, and none that fetches objects which are missing. A folder that only
// looks like a repository is not taken for one.
func git(ctx context.Context, file, input string, most int, args ...string) (string, error) {
	args = append([]string{
		"-C", filepath.Dir(file), "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit",
		"--no-pager", "--no-optional-locks",
	}, args...)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // a file of the user's project
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1")
	cmd.Stdin = strings.NewReader(input)
	cmd.WaitDelay = time.Second
	out := &limited{most: most, full: cancel}
	stderr := &limited{most: maxPath}
	cmd.Stdout, cmd.Stderr = out, stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case out.over:
		return out.text.String(), nil
	case errors.As(err, &exit):
		exit.Stderr = []byte(stderr.text.String())
	}
	return out.text.String(), err
}

// limited keeps the first bytes that are written to it, and calls full, if it is
// there, at the first one that is too much.
type limited struct {
	text strings.Builder
	most int
	over bool
	full func()
}

// Write implements [io.Writer].
func (l *limited) Write(p []byte) (int, error) {
	keep := min(len(p), l.most-l.text.Len())
	l.text.Write(p[:keep])
	if keep < len(p) && !l.over {
		l.over = true
		if l.full != nil {
			l.full()
		}
	}
	return len(p), nil
}

// cannotSay is the error of git, if it has one.
func cannotSay(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("it is in a git repository, but there is no git to say whether its changes are committed")
	case errors.As(err, &exit):
		line, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		return fmt.Errorf("git cannot say whether its changes are committed: %s", line)
	}
	return fmt.Errorf("git cannot say whether its changes are committed: %w", err)
}
