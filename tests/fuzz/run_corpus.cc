// Runs a fuzz target once over every file of its corpus, for builds without libFuzzer: what fuzzing
// has found stays a test with every compiler.
//
// Usage: PROGRAM CORPUS_DIRECTORY
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " CORPUS_DIRECTORY\n";
    return 2;
  }
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
      std::cerr << entry.path() << ": cannot be read\n";
      return 1;
    }
    std::cout << entry.path().filename().string() << std::endl;  // flushed: the next line may crash
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++inputs;
  }
  if (inputs == 0) {
    std::cerr << argv[1] << ": the corpus is empty\n";
    return 1;
  }
  std::cout << inputs << " inputs\n";
  return 0;
}
