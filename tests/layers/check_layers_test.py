"""Plants bad edges in a small tree: a check that cannot fail proves nothing."""
import pathlib
import tempfile
import unittest

import check_layers


class CheckLayers(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.write("core/base/status.h", "#pragma once\n#include <string>\n")
        self.write("core/engine/engine.cc", '#include "core/geometry/shape.h"\n')
        self.write("fs/tree.cc", '#include "core/engine/engine.h"\n#include "fs/tree.h"\n')

    def tearDown(self) -> None:
        self.folder.cleanup()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def problems(self) -> list[str]:
        return check_layers.check_tree(self.root)

    def expect_one(self, text: str) -> None:
        found = self.problems()
        self.assertEqual(len(found), 1, found)
        self.assertIn(text, found[0])

    def test_a_good_tree_passes(self) -> None:
        self.assertEqual(self.problems(), [])

    def test_an_upward_edge_is_found_with_its_line(self) -> None:
        self.write("core/storage/file.cc", '// x\n#include "core/field/field_spec.h"\n')
        self.expect_one("core/storage/file.cc:2: core/storage may not include core/field")

    def test_a_sideways_edge_is_found(self) -> None:
        self.write("core/cache/lru.cc", '#include "core/storage/object_store.h"\n')
        self.expect_one("core/cache may not include core/storage")

    def test_core_does_not_include_fs(self) -> None:
        self.write("core/engine/bad.cc", '#  include "fs/view.h"\n')
        self.expect_one("core/engine may not include fs")

    def test_fs_does_not_include_the_tools(self) -> None:
        self.write("fs/bad.cc", '#include "mount-tools/text.h"\n')
        self.expect_one("fs may not include mount-tools")

    def test_base_is_std_only(self) -> None:
        self.write("core/base/bad.h", "#include <nlohmann/json.hpp>\n")
        self.expect_one("standard library alone")

    def test_own_headers_in_angle_brackets_do_not_escape(self) -> None:
        self.write("core/base/bad.h", "#include <core/engine/engine.h>\n")
        self.expect_one("write it in quotes")

    def test_relative_paths_do_not_escape(self) -> None:
        self.write("core/base/bad.h", '#include "../engine/engine.h"\n')
        self.expect_one("not written from the root")

    def test_libfuse_stays_in_two_files(self) -> None:
        for name in ("a", "b"):
            self.write(f"fs/{name}.cc", "#include <fuse3/fuse_lowlevel.h>\n")
        self.assertEqual(self.problems(), [])
        self.write("fs/c.cc", "#include <fuse_lowlevel.h>\n")
        self.expect_one("libfuse is included by 3 files")

    def test_libfuse_stays_out_of_core(self) -> None:
        self.write("core/engine/bad.cc", "#include <fuse.h>\n")
        self.expect_one("belongs to fs alone")

    def test_an_unknown_folder_is_found(self) -> None:
        self.write("core/misc/x.cc", "int x;\n")
        self.expect_one("not in a layer of the list")

    def test_an_empty_tree_does_not_pass(self) -> None:
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(len(check_layers.check_tree(pathlib.Path(empty))), 1)


if __name__ == "__main__":
    unittest.main()
