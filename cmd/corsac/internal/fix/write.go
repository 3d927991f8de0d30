package fix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Outcome is what [Write] did with a patch.
type Outcome struct {
	// Backup is the file that has the old text, as the user calls it; "" if there
	// is none, because version control has it.
	Backup string
	// Err says why nothing was written.
	Err error
}

// Write applies a patch to its file in a tree. Without force, it refuses a file
// that has changes which are not committed, as far as that is known, and one that
// is read-only. After the end of ctx, it writes nothing.
func Write(ctx context.Context, t *source.Tree, p *Patch, force bool) Outcome {
	if ctx.Err() != nil {
		return Outcome{Err: errInterrupted}
	}
	w, err := t.Target(p.Name)
	if err != nil {
		return Outcome{Err: err}
	}
	if p.New {
		return Outcome{Err: w.Create(p.After, 0o644)}
	}
	info, err := w.Stat()
	switch {
	case err != nil:
		return Outcome{Err: err}
	case source.ReadOnly(info) && !force:
		return Outcome{Err: errors.New("it is read-only; add --force to write it all the same")}
	case !w.Has(p.Before):
		return Outcome{Err: source.ErrChanged}
	}
	kept, err := versioned(ctx, filepath.Join(t.Root, filepath.FromSlash(w.Name)), p.Before)
	if ctx.Err() != nil {
		return Outcome{Err: errInterrupted}
	}
	if err != nil && !force {
		return Outcome{Err: fmt.Errorf("%w; commit it, or add --force", err)}
	}
	var o Outcome
	if !kept {
		if o.Backup, err = backup(w, p.Before, info.Mode().Perm()); err != nil {
			return Outcome{Err: fmt.Errorf("the old text cannot be kept: %w", err)}
		}
		o.Backup = t.Show(o.Backup)
	}
	o.Err = w.Replace(p.After, &p.Before)
	return o
}

// errInterrupted is the error of a file that was not written after Ctrl-C.
var errInterrupted = errors.New("interrupted")

// maxBackups bounds the names that are tried for a backup.
const maxBackups = 100

// Backups is the folder, below that of the project, that old texts are kept in.
// Beside the file, a server could load them, too: nginx does for include
// sites-enabled/*. Such patterns do not match names that begin with a dot.
const Backups = ".corsac-backup"

// backup keeps the old text in the folder of backups, where it has the path of the
// file with .orig at its end or, if that is there already, .orig.2 and so on.
func backup(w *source.Target, text string, mode fs.FileMode) (name string, err error) {
	if err = w.Root.MkdirAll(path.Join(Backups, path.Dir(w.Name)), 0o700); err != nil {
		return "", err
	}
	for n := 1; n <= maxBackups; n++ {
		name = path.Join(Backups, w.Name) + ".orig"
		if n > 1 {
			name += fmt.Sprintf(".%d", n)
		}
		old := source.Target{Root: w.Root, Name: name}
		if err = old.Create(text, mode); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, err
}
