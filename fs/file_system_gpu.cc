// FileSystem: a file's elements in GPU memory of their own.
#include "core/engine/device_reader.h"
#include "fs/file_system.h"

namespace neurofs {
namespace {

// Rows along the first axis that the region's result has.
Result<Region> select_rows(Region region, const FileSystem::Rows& rows) {
  for (AxisSlice& axis : region.axes) {
    if (axis.drop) continue;
    const auto all = static_cast<uint64_t>(axis.count);
    if (rows.first > all || rows.count > all - rows.first) {
      return invalid_argument("rows " + std::to_string(rows.first) + " and on, " +
                              std::to_string(rows.count) + " of them, of a file that has " +
                              std::to_string(all));
    }
    axis.start += static_cast<Index>(rows.first) * axis.step;
    axis.count = static_cast<Index>(rows.count == 0 ? all - rows.first : rows.count);
    return region;
  }
  if (rows.first == 0 && rows.count <= 1) return region;
  return invalid_argument("the file holds one value, which has no rows");
}

}  // namespace

Result<DeviceLease> FileSystem::lease_on_gpu(NodeId id, const Rows& rows, int gpu) const {
  InternedNodes::Ptr holder;
  NF_ASSIGN(const Node node, resolve(id, &holder));
  const FieldFiles* files = nullptr;
  Region region;
  if (node.kind == Node::Kind::kWhole || node.kind == Node::Kind::kNeuron) {
    files = tree_->files_of(node);
    region =
        node.kind == Node::Kind::kWhole
            ? whole_region(files->shape)
            : neuron_region(files->spec, files->stored_neuron(static_cast<Index>(node.number)));
  } else if (const auto* named = dynamic_cast<const RegionNode*>(holder.get())) {
    files = files_of(*named);
    region = named->reader->region();
  } else {
    return not_found("not a file of a field's elements");
  }
  if (files->order && node.kind != Node::Kind::kNeuron) {
    return unsupported(
        "rows in another order are not gathered on a GPU: map neurons one by one, or "
        "the field without @" +
        to_string(files->order->name()));
  }
  NF_ASSIGN(const Region selected, select_rows(std::move(region), rows));
  return lease_region(files->field, selected, files->lens, gpu);
}

bool FileSystem::gpu_is_simulated(int gpu) const {
  const auto device = engine_->gpu(gpu);
  return device.ok() && (*device)->info().capability == "sim";
}

}  // namespace neurofs
