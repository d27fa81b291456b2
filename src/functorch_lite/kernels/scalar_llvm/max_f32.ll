; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_max_f32(float %p0, float %p1) local_unnamed_addr #0 {
good:
  %.6.i = fcmp oge float %p0, %p1
  %.7.i1 = fcmp uno float %p0, 0.000000e+00
  %.8.i = or i1 %.7.i1, %.6.i
  %.9.i = select i1 %.8.i, float %p0, float %p1
  ret float %.9.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
