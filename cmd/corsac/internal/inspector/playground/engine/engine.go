// Package engine has the engine for JavaScript: that of the program, if its build
// packed one into it, and others from a folder.
package engine

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// The names of the files of an engine.
const (
	WasmFile   = "corsac.wasm"    // which "make wasm" builds
	ExecFile   = "wasm_exec.js"   // of the same Go
	PackedFile = "corsac.wasm.gz" // WasmFile in the program
)

// built has what the build put there; README.txt says what that is.
//
//go:embed all:built
var built embed.FS

// Engine is the engine for JavaScript.
type Engine struct {
	Packed []byte // WasmFile, compressed with gzip
	Exec   []byte // ExecFile
}

// ErrAbsent is the error of [BuiltIn] if the program was built without an engine.
var ErrAbsent = errors.New("this corsac was built without the playground's engine")

// BuiltIn returns the engine of the program. The error is [ErrAbsent].
func BuiltIn() (Engine, error) { return read(built, "built") }

// read returns the engine that [Engine.Save] has written into a folder.
func read(files fs.FS, dir string) (Engine, error) {
	packed, err := fs.ReadFile(files, path.Join(dir, PackedFile))
	if err != nil {
		return Engine{}, ErrAbsent
	}
	exec, err := fs.ReadFile(files, path.Join(dir, ExecFile))
	if err != nil {
		return Engine{}, ErrAbsent
	}
	return Engine{packed, exec}, nil
}

// maxFile bounds the files of an engine, in bytes. An engine has about 11 million.
const maxFile = 64 << 20

// Load returns the engine in a folder with [WasmFile] and [ExecFile].
func Load(dir string) (Engine, error) {
	wasm, err := load(dir, WasmFile)
	if err != nil {
		return Engine{}, err
	}
	exec, err := load(dir, ExecFile)
	if err != nil {
		return Engine{}, err
	}
	if !bytes.HasPrefix(wasm, []byte("\x00asm")) {
		return Engine{}, fmt.Errorf("%s is not a WebAssembly module", filepath.Join(dir, WasmFile))
	}
	if !bytes.Contains(exec, []byte("globalThis.Go = class")) {
		return Engine{}, fmt.Errorf("%s is not the wasm_exec.js of Go", filepath.Join(dir, ExecFile))
	}
	return Engine{pack(wasm), exec}, nil
}

func load(dir, name string) ([]byte, error) {
	file := filepath.Join(dir, name)
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", file)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes; at most %d", file, info.Size(), maxFile)
	}
	return os.ReadFile(file)
}

// pack compresses a module.
func pack(wasm []byte) []byte {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic(err) // there is such a level
	}
	_, _ = z.Write(wasm) // a buffer takes everything
	_ = z.Close()
	return packed.Bytes()
}

// Save writes the engine into a folder as the program has it.
func (e Engine) Save(dir string) error {
	for name, text := range map[string][]byte{PackedFile: e.Packed, ExecFile: e.Exec} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // it is public
			return err
		}
	}
	return nil
}
