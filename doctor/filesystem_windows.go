package doctor

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

func lookAtFileSystem(dir string) (fileSystem, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return fileSystem{}, err
	}
	var f fileSystem
	if err := windows.GetDiskFreeSpaceEx(path, &f.free, nil, nil); err != nil {
		return fileSystem{}, err
	}
	f.name = filepath.VolumeName(dir)
	root, err := windows.UTF16PtrFromString(f.name + `\`)
	if err != nil {
		return fileSystem{}, err
	}
	switch windows.GetDriveType(root) {
	case windows.DRIVE_REMOTE:
		f.kind = fsNetwork
	case windows.DRIVE_RAMDISK:
		f.kind = fsMemory
	}
	return f, nil
}
