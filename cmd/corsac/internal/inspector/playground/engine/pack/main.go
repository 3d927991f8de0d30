// Pack puts the engine for JavaScript into the program that is built next:
//
//	pack FROM TO
//
// FROM is the folder into which "make wasm" builds, and TO the folder "built" of
// package engine. It works without a gzip program.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

func main() {
	if err := pack(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(args []string) error {
	if len(args) != 2 {
		return errors.New("name two folders: that of corsac.wasm, and that of the program's engine")
	}
	e, err := engine.Load(args[0])
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes\n", engine.PackedFile, len(e.Packed))
	return e.Save(args[1])
}
