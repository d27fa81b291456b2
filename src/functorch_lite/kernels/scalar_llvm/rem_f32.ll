; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_rem_f32(float %p0, float %p1) local_unnamed_addr #0 {
good:
  %.6.i = frem float %p0, %p1
  ret float %.6.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
