package collect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
)

var errFull = fmt.Errorf("the file has %d MiB; move it away, and start again", MaxFile>>20)

// file is a file to which lines are appended.
type file struct {
	name string
	f    *os.File
	size int64
}

// open opens a file, or makes it. Others than its owner cannot read it then.
func open(name string) (*file, error) {
	// Opening a pipe would wait for who reads it.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "append to", Path: name, Err: errors.New("it is not a regular file")}
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	if err == nil {
		err = endLine(f, info.Size())
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &file{name, f, info.Size()}, nil
}

// endLine ends the last line, which a program that was killed may have left unfinished.
func endLine(f *os.File, size int64) error {
	if size == 0 {
		return nil
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err := f.WriteString("\n")
	return err
}

// append appends lines at once.
func (f *file) append(lines []byte) error {
	if f.size+int64(len(lines)) > MaxFile {
		return errFull
	}
	n, err := f.f.Write(lines)
	f.size += int64(n)
	return err
}

func (f *file) close() error { return errors.Join(f.f.Sync(), f.f.Close()) }

// Is reports whether a file has been written by a collector. It does not touch pipes,
// which can be read once.
func Is(name string) bool {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, len(beginning))
	_, err = io.ReadFull(f, begin)
	return err == nil && string(begin) == beginning
}

// beginning is that of every line.
const beginning = `{"` + learn.CountField + `":`
