// Pack writes the archives of a release from the programs that scripts/dist has
// built:
//
//	pack VERSION SECONDS FROM TO
//
// SECONDS is the time of the release, since 1970.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dist"
)

func main() {
	if err := pack(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(args []string) error {
	if len(args) != 4 {
		return errors.New("name the version, the time in seconds since 1970, the folder to read and the one to write")
	}
	seconds, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a time in seconds", args[1])
	}
	r := dist.Release{Version: args[0], Time: time.Unix(seconds, 0), Dir: args[2]}
	names, err := r.Write(args[3])
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Println(name)
	}
	return nil
}
