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

// versioned reports whether a file is under version control, so that its last
// version can be had again. The error says why it may not be: it has changes that
// nobody has committed, or that cannot be found out.
func versioned(ctx context.Context, file string) (bool, error) {
	switch control(filepath.Dir(file)) {
	case "":
		return false, nil
	case ".git":
		return committed(ctx, file)
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

// committed asks git about a file in a repository. A file that git ignores is not
// under version control.
func committed(ctx context.Context, file string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	// No program that the repository names is to be started.
	cmd := exec.CommandContext(ctx, "git", "-C", filepath.Dir(file), "-c", "core.fsmonitor=false", //nolint:gosec // a file of the user's project
		"--literal-pathspecs", "--no-optional-locks", "status", "--porcelain=v1", "-z", "--ignored", "--untracked-files=all", "--", filepath.Base(file))
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return true, errors.New("it is in a git repository, but there is no git to say whether its changes are committed")
	case errors.As(err, &exit):
		line, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		return true, fmt.Errorf("git cannot say whether its changes are committed: %s", line)
	case err != nil:
		return true, fmt.Errorf("git cannot say whether its changes are committed: %w", err)
	}
	switch mark := string(out[:min(2, len(out))]); mark {
	case "":
		return true, nil
	case "!!":
		return false, nil
	case "??":
		return true, errors.New("it was never committed, so that git does not have the version that it is now")
	}
	return true, errors.New("it has changes that are not committed")
}
