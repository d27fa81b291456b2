; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_rem_f64(double %p0, double %p1) local_unnamed_addr #0 {
good:
  %.6.i = frem double %p0, %p1
  ret double %.6.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
