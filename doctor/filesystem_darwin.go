package doctor

import "golang.org/x/sys/unix"

func lookAtFileSystem(dir string) (fileSystem, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return fileSystem{}, err
	}
	f := fileSystem{
		name: unix.ByteSliceToString(s.Fstypename[:]),
		free: s.Bavail * uint64(s.Bsize), freeFiles: s.Ffree, knowsFiles: s.Files > 0,
	}
	if s.Flags&unix.MNT_LOCAL == 0 {
		f.kind = fsNetwork
	}
	return f, nil
}
