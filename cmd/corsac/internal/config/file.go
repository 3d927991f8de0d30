package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the file name that stands for standard input.
const Stdin = "-"

// The names of the file that is read if no other is named. The first is the one
// that messages use.
const (
	defaultName = "corsac.yaml"
	otherName   = "corsac.yml"
)

// File is which file to read: the value of a flag. The zero value is corsac.yaml, or
// corsac.yml, in the working folder.
type File struct {
	dir   string // of the default; "" is the working folder
	name  string // "" if it has not been named or found
	given bool   // the user named it
}

// String returns the name of the file, with its folder.
func (f *File) String() string {
	if f.name == "" {
		return filepath.Join(f.dir, defaultName)
	}
	return f.name
}

// Set names the file. It implements pflag.Value, as do String and Type.
func (f *File) Set(name string) error {
	if name == "" {
		return errors.New("it is empty; name a file, or - for standard input")
	}
	f.name, f.given = name, true
	return nil
}

// Type returns what the value is, for help.
func (f *File) Type() string { return "string" }

// Named reports whether the user named the file.
func (f *File) Named() bool { return f.given }

// Argument names the file by the arguments of a command, of which there may be one.
// The error says that the user named several.
func (f *File) Argument(args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case f.given:
		return fmt.Errorf("%q and -c %q both name the file; name it once", args[0], f.name)
	case len(args) > 1:
		return fmt.Errorf("%q is a second file; name one", args[1])
	}
	return f.Set(args[0])
}

// OrIn lets the default be in a folder, if it is not in the working folder.
func (f *File) OrIn(dir string) {
	if !f.given && !exists(defaultName) && !exists(otherName) {
		f.dir = dir
	}
}

// Load reads the file, or stdin if its name is [Stdin]. The error is of type
// [finding.Mistakes] if the content is wrong; otherwise it says why the file
// cannot be read.
func (f *File) Load(stdin io.Reader) (*Config, error) {
	if err := f.find(); err != nil {
		return nil, err
	}
	data, err := readFile(f.String(), stdin)
	if err != nil {
		return nil, err
	}
	return Parse(f.DisplayName(), data)
}

// find chooses between the default names, unless the user named a file.
func (f *File) find() error {
	if f.given {
		return nil
	}
	name, other := filepath.Join(f.dir, defaultName), filepath.Join(f.dir, otherName)
	switch {
	case !exists(other):
		f.name = name
	case exists(name):
		return fmt.Errorf("there are both %s and %s; delete one, or name one with -c", name, other)
	default:
		f.name = other
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// DisplayName returns the name of the file for messages.
func (f *File) DisplayName() string {
	if f.name == Stdin {
		return "stdin"
	}
	return f.String()
}

// CanReadAgain reports whether files can be read more than once, unlike standard input
// and pipes.
func CanReadAgain(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		info, err := os.Stat(name)
		return err != nil || !info.Mode().IsRegular()
	})
}

// ReadFile reads a file up to one byte more than MaxSize, so the caller can refuse
// it, unless it may be waited for.
func ReadFile(name string) ([]byte, error) { return readFile(name, nil) }

// readFile reads a file up to one byte more than MaxSize, so the caller can
// refuse it.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name != Stdin {
		f, err := open(name)
		if err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		defer f.Close()
		stdin = f
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(stdin, MaxSize+1)); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return data.Bytes(), nil
}

// open opens a file. A pipe or a device in a folder would be waited for, or never
// end: the project may be somebody else's. Those that a shell names, as in
// -c <(command), are in a folder of the system.
func open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().IsRegular() || info.IsDir() || strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/"):
		return os.Open(name)
	}
	return nil, errors.New("it is not a regular file")
}
