#include "core/engine/replay_trace.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace neurofs {
namespace {

constexpr size_t kMostLine = 4096;
constexpr std::string_view kGrid = "# grid";
constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// A whole number and nothing else.
bool parse_number(std::string_view text, uint64_t* value) {
  text = trimmed(text);
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && at == end;
}

bool parse_grid(std::string_view text, Dims* grid) {
  for (text = trimmed(text); !text.empty();) {
    const size_t end = std::min(text.find_first_of(kBlanks), text.size());
    uint64_t extent = 0;
    if (!parse_number(text.substr(0, end), &extent) || extent == 0 ||
        extent > ReplayTrace::kMostBlocks || grid->size() == kMaxRank)
      return false;
    grid->push_back(static_cast<Index>(extent));
    text = trimmed(text.substr(end));
  }
  const auto count = element_count(*grid);
  return !grid->empty() && count.ok() && static_cast<uint64_t>(*count) <= ReplayTrace::kMostBlocks;
}

bool parse_read(std::string_view line, TraceRead* read) {
  uint64_t fields[3] = {0, 0, 1};
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t comma = line.find(',');
    more = comma != std::string_view::npos;
    if (count == 3 || !parse_number(line.substr(0, comma), &fields[count])) return false;
    if (more) line.remove_prefix(comma + 1);
  }
  *read = count == 1 ? TraceRead{0, {fields[0], 1}} : TraceRead{fields[0], {fields[1], fields[2]}};
  return read->run.count <= ReplayTrace::kMostBlocksOfRead &&
         read->run.first < ReplayTrace::kMostBlocks;
}

Status bad_line(const std::string& name, size_t number, std::string_view why) {
  return invalid_argument(name + ":" + std::to_string(number) + ": " + std::string(why));
}

}  // namespace

Result<ReplayTrace> parse_trace(std::istream& in, const std::string& name) {
  ReplayTrace trace;
  uint64_t end = 0;
  std::string buffer(kMostLine, '\0');
  for (size_t number = 1; in.getline(buffer.data(), kMostLine) || in.gcount() > 0; ++number) {
    if (in.fail()) return bad_line(name, number, "the line is too long for a read of a trace");
    const auto length = static_cast<size_t>(in.gcount()) - (in.eof() ? 0 : 1);
    const std::string_view line = trimmed({buffer.data(), length});
    if (line.starts_with(kGrid) && trace.grid.empty() && trace.reads.empty()) {
      if (!parse_grid(line.substr(kGrid.size()), &trace.grid))
        return bad_line(name, number, "a grid is written '# grid 64 64 64', all positive");
      continue;
    }
    if (line.empty() || line.front() == '#') continue;
    TraceRead read;
    if (!parse_read(line, &read))
      return bad_line(name, number,
                      "a read is written 'handle,block', 'handle,block,count' or 'block'");
    if (trace.reads.size() == ReplayTrace::kMostReads)
      return no_memory(name + " has more than " + std::to_string(ReplayTrace::kMostReads) +
                       " reads; replay a part of it");
    trace.reads.push_back(read);
    end = std::max(end, read.run.first + read.run.count);
  }
  if (in.bad()) return io_error(name + ": cannot be read to its end");
  trace.block_count = end;
  if (trace.grid.empty()) return trace;
  trace.block_count = static_cast<uint64_t>(*element_count(trace.grid));
  if (end > trace.block_count)
    return invalid_argument(name + ": block " + std::to_string(end - 1) +
                            " is outside its grid of " + std::to_string(trace.block_count) +
                            " blocks");
  return trace;
}

Result<ReplayTrace> read_trace(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found(path + ": no trace can be opened there");
  return parse_trace(in, path);
}

}  // namespace neurofs
