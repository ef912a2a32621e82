package doctor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// fileSystems are those that matter, by their numbers in statfs(2) and the kernel's sources.
var fileSystems = map[uint32]fileSystem{
	unix.NFS_SUPER_MAGIC:       {name: "NFS", kind: fsNetwork},
	unix.SMB_SUPER_MAGIC:       {name: "SMB", kind: fsNetwork},
	unix.SMB2_SUPER_MAGIC:      {name: "SMB", kind: fsNetwork},
	unix.CIFS_SUPER_MAGIC:      {name: "CIFS", kind: fsNetwork},
	unix.V9FS_MAGIC:            {name: "9p", kind: fsNetwork},
	unix.AFS_SUPER_MAGIC:       {name: "AFS", kind: fsNetwork},
	unix.CODA_SUPER_MAGIC:      {name: "Coda", kind: fsNetwork},
	unix.CEPH_SUPER_MAGIC:      {name: "Ceph", kind: fsNetwork},
	0x786f4256:                 {name: "vboxsf", kind: fsNetwork},
	unix.FUSE_SUPER_MAGIC:      {name: "FUSE", kind: fsPerhaps},
	unix.TMPFS_MAGIC:           {name: "tmpfs", kind: fsMemory},
	unix.RAMFS_MAGIC:           {name: "ramfs", kind: fsMemory},
	unix.OVERLAYFS_SUPER_MAGIC: {name: "overlay", kind: fsContainer},
	unix.EXT4_SUPER_MAGIC:      {name: "ext4"},
	unix.XFS_SUPER_MAGIC:       {name: "XFS"},
	unix.BTRFS_SUPER_MAGIC:     {name: "Btrfs"},
	unix.F2FS_SUPER_MAGIC:      {name: "F2FS"},
	0x2fc12fc1:                 {name: "ZFS"},
}

func lookAtFileSystem(dir string) (fileSystem, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return fileSystem{}, err
	}
	f, known := fileSystems[uint32(s.Type)]
	if !known {
		f.name = fmt.Sprintf("%#x", uint32(s.Type))
	}
	f.free, f.freeFiles, f.knowsFiles = s.Bavail*uint64(s.Bsize), s.Ffree, s.Files > 0
	return f, nil
}
